#!/bin/sh
# A secret is a file: each /run/secrets/REDINK_* becomes the variable of that name. Then become the service, so that
# SIGTERM reaches it and not this shell. Arguments replace the service's name (`topics`, `replay`, ...).
set -eu
for file in /run/secrets/REDINK_*; do
    if [ -f "$file" ]; then
        export "$(basename "$file")=$(cat "$file")"
    fi
done
if [ "$#" -eq 0 ]; then
    set -- "$SERVICE"
fi
exec python -m services "$@"
