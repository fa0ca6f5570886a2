"""What a person sees in a form: what stands in its inputs, and the faults at them."""

import re
from html import unescape


def inputs_of(page: str) -> dict[str, str]:
    """What a browser would send if nobody typed any more."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = unescape((chosen or re.search(r'value="([^"]*)"', options))[1])  # type: ignore[index]
    return found


def faults_of(page: str) -> dict[str, str]:
    return {name: unescape(text) for name, text in re.findall(r'class="fault" id="(.*?)-fault">(.*?)<', page)}
