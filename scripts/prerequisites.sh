# shellcheck shell=bash
# What ./run and ./test need before they build. Sourced, in the top of the repository.

# Nothing that a build starts may outlive it.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# A minimal Debian has no ICU, without which the SDK does not start otherwise. Nothing here uses cultures.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

readonly EX_UNAVAILABLE=69
readonly SDK_NEEDED='the .NET 10 SDK (10.0.100 or newer, https://dotnet.microsoft.com/download/dotnet/10.0) is needed'

die() {
    echo "${0##*/}: $2" >&2
    exit "$1"
}

# The SDK that global.json asks for.
require_dotnet() {
    local found
    command -v dotnet >/dev/null || die $EX_UNAVAILABLE "$SDK_NEEDED, and dotnet is not in PATH"
    dotnet --version >/dev/null 2>&1 || {
        found=$(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ')
        die $EX_UNAVAILABLE "$SDK_NEEDED; found: ${found:-no SDK}"
    }
}

# An apphost finds a .NET that lies in an unusual place only by this.
locate_dotnet() {
    local dotnet
    if [[ -z ${DOTNET_ROOT:-} ]] && dotnet=$(command -v dotnet) && dotnet=$(readlink -f "$dotnet") && [[ -d ${dotnet%/*}/host/fxr ]]; then
        export DOTNET_ROOT=${dotnet%/*}
    fi
}

# Says it where packages are to be fetched, since the first build waits for that and not for the compiler.
announce_packages() {
    local folder=${NUGET_PACKAGES:-$HOME/.nuget/packages} package=microsoft.ml.onnxruntime.gpu.linux size='308 MB'
    if [[ ${OnnxRuntime:-gpu} == cpu ]]; then
        package=microsoft.ml.onnxruntime size='223 MB'
    fi
    [[ -d $folder/$package ]] || echo "fetching ONNX Runtime and other packages, $size…" >&2
}

# quietly LOG COMMAND…: shows the command's output only where it fails.
quietly() {
    local log=$1 code=0
    shift
    mkdir -p "${log%/*}"
    "$@" </dev/null >"$log" 2>&1 || code=$?
    ((code == 0)) && return
    cat "$log" >&2
    die 1 "failed (exit code $code): $*"
}

# One build at a time in a working tree. The lock is let go at release_build_lock or at this shell's end.
take_build_lock() {
    mkdir -p artifacts
    exec 9>artifacts/build.lock
    flock --nonblock 9 || {
        echo 'waiting for another build…' >&2
        flock 9
    }
}

release_build_lock() {
    exec 9>&-
}
