#!/bin/sh
# Runs once, when PostgreSQL starts with an empty volume: two roles that cannot read each other's databases.
set -eu

temporal_password="$(cat /run/secrets/temporal_database_password)"
office_password="$(cat /run/secrets/office_database_password)"

psql --username postgres --set ON_ERROR_STOP=1 \
    --set temporal_password="$temporal_password" --set office_password="$office_password" <<'SQL'
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE ROLE office LOGIN PASSWORD :'office_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE DATABASE office OWNER office;
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, office FROM PUBLIC;
SQL
