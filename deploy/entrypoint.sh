#!/bin/sh
# A secret is a file: each REDINK_* in /run/secrets (containers), or among systemd's credentials, becomes the variable of
# that name. Then become the service, so that SIGTERM reaches it and not this shell. Arguments replace the service's name
# (`topics`, `replay`, ...).
set -eu
for file in /run/secrets/REDINK_* "${CREDENTIALS_DIRECTORY:-/nowhere}"/secrets_REDINK_*; do
    if [ -f "$file" ]; then
        name=$(basename "$file")
        export "${name#secrets_}=$(cat "$file")"
    fi
done
if [ "$#" -eq 0 ]; then
    set -- "$SERVICE"
fi
exec python -m services "$@"
