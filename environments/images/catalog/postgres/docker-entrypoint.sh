#!/bin/bash
# Starts PostgreSQL as the public image documents: on an empty PGDATA it makes a database cluster from POSTGRES_PASSWORD,
# POSTGRES_USER, POSTGRES_DB, POSTGRES_INITDB_ARGS and POSTGRES_HOST_AUTH_METHOD (each also as NAME_FILE) and runs
# what lies in /docker-entrypoint-initdb.d; then the server itself, as the user postgres.
set -Eeuo pipefail

main() {
  case "${1:-}" in
  '' | -*) set -- postgres "$@" ;;
  esac
  if [ "$1" = postgres ] && ! wants_information "$@"; then
    read_settings
    prepare_folders
    if [ "$(id -u)" = 0 ]; then exec gosu postgres "$BASH_SOURCE" "$@"; fi
    if [ -s "$PGDATA/PG_VERSION" ]; then
      echo
      echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
      echo
    else
      check_settings
      initialize "$@"
      echo
      echo 'PostgreSQL init process complete; ready for start up.'
      echo
    fi
    unset PGPASSWORD POSTGRES_PASSWORD
  fi
  exec "$@"
}

wants_information() {
  local word
  for word in "$@"; do
    case "$word" in
    --help | -\? | --version | -V | --describe-config | -C) return 0 ;;
    esac
  done
  return 1
}

# NAME or the content of the file that NAME_FILE points to, or a default.
setting() {
  local name=$1 default=${2:-} file_name="$1_FILE" value
  if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
    echo "error: both $name and $file_name are set (but are exclusive)" >&2
    exit 1
  fi
  value=${!name:-$default}
  if [ -n "${!file_name:-}" ]; then value=$(<"${!file_name}"); fi
  export "$name"="$value"
  unset "$file_name"
}

read_settings() {
  setting POSTGRES_PASSWORD
  setting POSTGRES_USER postgres
  setting POSTGRES_DB "$POSTGRES_USER"
  setting POSTGRES_INITDB_ARGS
  : "${POSTGRES_HOST_AUTH_METHOD:=}" "${POSTGRES_INITDB_WALDIR:=}"
}

prepare_folders() {
  mkdir -p "$PGDATA"
  chmod 00700 "$PGDATA" || true
  mkdir -p /run/postgresql || true
  chmod 03775 /run/postgresql 2>/dev/null || true
  if [ -n "$POSTGRES_INITDB_WALDIR" ]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 700 "$POSTGRES_INITDB_WALDIR"
  fi
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" ! -user postgres -exec chown postgres '{}' +
    if [ -n "$POSTGRES_INITDB_WALDIR" ]; then find "$POSTGRES_INITDB_WALDIR" ! -user postgres -exec chown postgres '{}' +; fi
    find /run/postgresql ! -user postgres -exec chown postgres '{}' + 2>/dev/null || true
  fi
}

check_settings() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
    cat >&2 <<'TEXT'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.
TEXT
    exit 1
  fi
}

initialize() {
  make_cluster
  allow_hosts "$@"
  export PGPASSWORD=$POSTGRES_PASSWORD
  shift
  # scripts see a server that only this container can reach
  set -- "$@" -c listen_addresses= -p "${PGPORT:-5432}"
  pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@")" -w start
  if [ "$POSTGRES_DB" != postgres ] && [ -z "$(PGHOST= query postgres -tAc "SELECT 1 FROM pg_database WHERE datname = '${POSTGRES_DB//\'/\'\'}'")" ]; then
    PGHOST= query postgres --set "db=$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
    echo
  fi
  run_scripts
  pg_ctl -D "$PGDATA" -m fast -w stop
}

make_cluster() {
  local words=()
  # an unknown user id needs a name for initdb
  if ! getent passwd "$(id -u)" >/dev/null; then
    echo "error: user $(id -u) has no name in /etc/passwd, and initdb needs one" >&2
    exit 1
  fi
  eval "words=($POSTGRES_INITDB_ARGS)"
  if [ -n "$POSTGRES_INITDB_WALDIR" ]; then words=(--waldir "$POSTGRES_INITDB_WALDIR" "${words[@]}"); fi
  initdb -D "$PGDATA" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${words[@]}"
}

allow_hosts() {
  local method=$POSTGRES_HOST_AUTH_METHOD
  if [ -z "$method" ]; then method=$(postgres -C password_encryption "${@:2}"); fi
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

run_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
    *.sh)
      if [ -x "$script" ]; then
        echo "$0: running $script"
        "$script"
      else
        echo "$0: sourcing $script"
        . "$script"
      fi
      ;;
    *.sql) announce "$script"; query "$POSTGRES_DB" -f "$script" ;;
    *.sql.gz) announce "$script"; gunzip -c "$script" | query "$POSTGRES_DB" ;;
    *.sql.xz) announce "$script"; xzcat "$script" | query "$POSTGRES_DB" ;;
    *.sql.zst) announce "$script"; zstd -dc "$script" | query "$POSTGRES_DB" ;;
    '/docker-entrypoint-initdb.d/*') ;;
    *) echo "$0: ignoring $script" ;;
    esac
    echo
  done
}

announce() {
  echo "$0: running $1"
}

query() {
  local database=$1
  shift
  psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password --dbname "$database" "$@"
}

main "$@"
