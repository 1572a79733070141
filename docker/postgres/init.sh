#!/usr/bin/env bash
# Makes Millrace's database, its roles and its logins in an empty server. The image runs it as the superuser.
#   millrace         login, owns the database: migrates
#   millrace_worker  role: inserts results; login: worker
#   millrace_reader  role: selects results; login: reader
#   millrace_operator  role: cancels jobs; the owner may, and who is granted it
# The rights of the roles are granted by the migrations.
set -euo pipefail

: "${MILLRACE_OWNER_PASSWORD:?}" "${MILLRACE_WORKER_PASSWORD:?}" "${MILLRACE_READER_PASSWORD:?}"

# \getenv, so that no password shows in the list of processes.
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv owner_password MILLRACE_OWNER_PASSWORD
\getenv worker_password MILLRACE_WORKER_PASSWORD
\getenv reader_password MILLRACE_READER_PASSWORD

CREATE ROLE millrace LOGIN PASSWORD :'owner_password';
CREATE ROLE millrace_worker NOLOGIN;
CREATE ROLE millrace_reader NOLOGIN;
CREATE ROLE millrace_operator NOLOGIN;
CREATE ROLE worker LOGIN PASSWORD :'worker_password' IN ROLE millrace_worker;
CREATE ROLE reader LOGIN PASSWORD :'reader_password' IN ROLE millrace_reader;

CREATE DATABASE millrace OWNER millrace ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE millrace FROM PUBLIC;
GRANT CONNECT ON DATABASE millrace TO millrace_worker, millrace_reader, millrace_operator;
SQL
