#!/bin/sh
# Brings Temporal's two databases to the schema of this image. Each step does nothing when it was done before.
set -eu

SQL_PASSWORD="$(cat /run/secrets/temporal_database_password)"
export SQL_PASSWORD

migrate() {
    database="$1"
    schema="$2"
    temporal-sql-tool --plugin postgres12 --endpoint postgres --port 5432 --user temporal --database "$database" \
        setup-schema --version 0.0
    temporal-sql-tool --plugin postgres12 --endpoint postgres --port 5432 --user temporal --database "$database" \
        update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$schema/versioned"
}

migrate temporal temporal
migrate temporal_visibility visibility
