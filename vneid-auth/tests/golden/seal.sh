#!/usr/bin/env bash
# Seals standard input to the key of the golden files with OpenSSL alone: the envelope of an answer, or with `code` as the
# second word what stands in a callback. Usage: seal.sh ecb|cbc [code] < content
set -euo pipefail
cd "$(dirname "$0")"
key=$(openssl rand -hex 32)
if [ "$1" = cbc ]; then
    iv=$(openssl rand -hex 16)
    data=$( (printf '%s' "$iv" | xxd -r -p; openssl enc -aes-256-cbc -K "$key" -iv "$iv") | base64 -w 0)
else
    data=$(openssl enc -aes-256-ecb -K "$key" | base64 -w 0)
fi
wrapped=$(printf '%s' "$key" | xxd -r -p |
    openssl pkeyutl -encrypt -inkey portal-key.pem -pkeyopt rsa_padding_mode:pkcs1 | base64 -w 0)
if [ "${2:-}" = code ]; then
    printf '{"code": "%s", "encrypt_key": "%s"}\n' "$data" "$wrapped"
else
    printf '{"data": "%s", "key": "%s"}\n' "$data" "$wrapped"
fi
