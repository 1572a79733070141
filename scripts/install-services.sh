#!/usr/bin/env bash
# Installs Debian's RabbitMQ and Postgres where their programs are missing. Starts neither: who needs them starts private ones.
# With --tests also libfaketime, which sets the clock of workers under test; without it that test is skipped. Where a container engine is there
# instead of the programs, the tests start their servers in it and nothing is installed, unless --programs asks for them all the same.
set -euo pipefail

readonly EX_UNAVAILABLE=69

any_executable() {
    local file
    for file in "$@"; do
        [[ -x $file ]] && return
    done
    return 1
}

has_rabbitmq() {
    command -v rabbitmq-server >/dev/null || any_executable /usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server /opt/rabbitmq/sbin/rabbitmq-server
}

has_postgres() {
    command -v initdb >/dev/null || any_executable /usr/lib/postgresql/*/bin/initdb /usr/pgsql/bin/initdb /usr/local/pgsql/bin/initdb
}

has_faketime() {
    compgen -G '/usr/lib*/*/faketime/libfaketimeMT.so.1' >/dev/null || compgen -G '/usr/lib*/faketime/libfaketimeMT.so.1' >/dev/null
}

# Whether a container engine answers, by its program or else by the socket that Testcontainers looks for.
has_engine() {
    if command -v docker >/dev/null; then
        docker info >/dev/null 2>&1
    else
        [[ -S /var/run/docker.sock ]] && curl --silent --fail --max-time 5 --unix-socket /var/run/docker.sock http://localhost/_ping >/dev/null
    fi
}

for_tests=false
programs=false
for option; do
    case $option in
        --tests) for_tests=true ;;
        --programs) programs=true ;;
        *)
            echo "${0##*/}: unknown option '$option': expected --tests or --programs" >&2
            exit 2
            ;;
    esac
done

missing=()
has_rabbitmq || missing+=(rabbitmq-server)
has_postgres || missing+=(postgresql)
needed=${#missing[@]}
if $for_tests && ! $programs && ((needed)) && has_engine; then
    echo "missing here: ${missing[*]}. The tests run on containers instead; those that stop and kill their servers are skipped." >&2
    exit 0
fi
! $for_tests || has_faketime || missing+=(faketime)
((${#missing[@]})) || exit 0

give_up() {
    echo "missing here: ${missing[*]}. $1" >&2
    ((needed)) || exit 0
    exit $EX_UNAVAILABLE
}

command -v apt-get >/dev/null || give_up 'Install RabbitMQ 3.10 or newer and PostgreSQL 15 or newer with the package manager of this system.'
as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || give_up "Install them as root: apt-get install ${missing[*]}"
    # Asks for a password only where a person can give one.
    sudo --non-interactive true 2>/dev/null || { [[ -t 0 ]] && sudo --validate; } ||
        give_up "Install them: sudo apt-get install ${missing[*]}"
    as_root=(sudo)
fi

echo "installing ${missing[*]}…" >&2
log=$(mktemp)
policy=/usr/sbin/policy-rc.d
policy_is_ours=false
clean_up() {
    if $policy_is_ours; then
        "${as_root[@]}" rm -f "$policy"
    fi
    rm -f "$log"
}
trap clean_up EXIT

# Debian starts a server when it is installed, unless this program says no (see invoke-rc.d(8)).
if [[ ! -e $policy ]]; then
    policy_is_ours=true
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}

if ! { apt update && apt install --yes --no-install-recommends "${missing[@]}"; }; then
    cat "$log" >&2
    give_up 'apt-get could not install them.'
fi
