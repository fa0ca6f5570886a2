# One image for every part of the office: `zerobalance setup`, `api`, `worker`, `simulator`.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONPATH=/app

RUN useradd --system --uid 10001 --create-home office
WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes --no-deps -r requirements.txt

COPY --chown=root:root . .
# The sandbox executes a workflow's file anew for each workflow: without its bytecode each is compiled anew as well.
RUN python -m compileall -q . \
 && printf '#!/bin/sh\nexec python -m cli "$@"\n' > /usr/local/bin/zerobalance \
 && chmod 755 /usr/local/bin/zerobalance \
 && install --directory --owner=office --mode=700 /var/lib/zerobalance

ENV ZEROBALANCE_DATA_DIR=/var/lib/zerobalance
USER office
STOPSIGNAL SIGTERM

# The process handles SIGTERM itself and starts no children in this shape, so it needs no init in front of it.
CMD ["zerobalance", "worker"]
