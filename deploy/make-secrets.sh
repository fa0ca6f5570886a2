#!/bin/sh
# Invents the secrets of docker-compose.yml, once. Keep a copy elsewhere: without the payload keys no history can be read.
# The directory is closed to others; the files are readable, because the containers' users are not yours.
set -eu

directory="$(dirname "$0")/secrets"
if [ -e "$directory" ]; then
    echo "$directory exists; nothing was changed." >&2
    exit 1
fi
umask 022
mkdir -m 700 "$directory"

random() { # so many random bytes in base64
    head -c "$1" /dev/urandom | base64 | tr -d '\n'
}
password() { # letters and digits only: it becomes part of an address
    random 48 | tr -d '+/=' | cut -c 1-40 | tr -d '\n'
}
store() {
    printf '%s' "$2" > "$directory/$1"
}

office_password="$(password)"
key_id="key-$(date -u +%Y-%m-%d)"
store postgres_password "$(password)"
store temporal_database_password "$(password)"
store office_database_password "$office_password"
store zerobalance_database_url "postgresql+psycopg://office:$office_password@postgres:5432/office"
store zerobalance_payload_key_id "$key_id"
store zerobalance_payload_keys "{\"$key_id\": \"$(random 32)\"}"
partner_token="$(password)"
webhook_secret="$(password)"
store zerobalance_partner_tokens "{\"clearinghouse\": \"$partner_token\"}"
store zerobalance_webhook_secrets "{\"clearinghouse\": \"$webhook_secret\"}"
store simulator_token "$partner_token"
store simulator_webhook_secret "$webhook_secret"
echo "Secrets are in $directory."
