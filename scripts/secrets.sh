#!/bin/sh
# Make the secrets of docker-compose.yml, once; what exists is kept. The folder is closed, the files in it are readable,
# since containers read them as another user.
set -eu
folder=${1:-.redink/secrets}
umask 077
mkdir -p "$folder"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$folder/$1" ] || printf '%s' "$2" > "$folder/$1"; chmod 644 "$folder/$1"; }
keep postgres_password "$(random)"
keep REDINK_POSTGRES_DSN "postgresql://redink:$(cat "$folder/postgres_password")@postgres:5432/redink"
keep REDINK_BLOBS_S3_ACCESS_KEY "redink"
keep REDINK_BLOBS_S3_SECRET_KEY "$(random)"
keep REDINK_ADMIN_TOKEN "$(random)"
keep REDINK_LLM_API_KEY "" # yours, if a language model is to grade too: docs/llm.md
keep REDINK_CANARY_KEY "rk_canary_$(random)"
keep REDINK_GATEWAY_DEV_KEY "rk_dev_$(random)"
echo "secrets are in $folder; the API key is in $folder/REDINK_GATEWAY_DEV_KEY"
