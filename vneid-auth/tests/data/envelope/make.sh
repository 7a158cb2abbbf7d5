#!/usr/bin/env bash
# Makes the files beside it with OpenSSL's command line, version 3: keys, envelopes that open, and envelopes that must
# not. The keys are for these tests and open nothing else; the person is invented (century digit 8). Every run makes new
# ones.
set -euo pipefail
cd "$(dirname "$0")"

readonly CODE='8f14e45f-ceea-467f-9c0d-0a4d6b1f2e3c.5f2b51ca-2fdc-4baf-a30c-8b2d5e0f9a71'
readonly USERINFO='{"citizenPid":"001899000001","fullName":"Nguyễn Thị Ánh Đào","birthDate":"23990131","accountType":1,"accountLevel":"2"}'

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
rm -f ./*.pem ./*.json

# One key in both forms, and keys that must be refused.
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key-pkcs8.pem
openssl pkey -in key-pkcs8.pem -traditional -out key-pkcs1.pem
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key-other.pem
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out refused-1024.pem
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out refused-p256.pem
openssl pkey -in key-pkcs8.pem -pubout -out refused-public.pem
openssl pkcs8 -topk8 -in key-pkcs8.pem -passout pass:password -out refused-password-pkcs8.pem
openssl pkey -in key-pkcs8.pem -traditional -aes128 -passout pass:password -out refused-password-pkcs1.pem
cp refused-public.pem "$work/public.pem"

base64_line() { openssl base64 -A; }

# wrap PADDING < bytes
wrap() { openssl pkeyutl -encrypt -pubin -inkey "$work/public.pem" -pkeyopt "rsa_padding_mode:$1" | base64_line; }

# seal CIPHER KEY_HEX < text
seal() {
    case "$1" in
    *-cbc)
        local iv
        iv="$(openssl rand -hex 16)"
        { unhex <<<"$iv"; openssl enc "-$1" -K "$2" -iv "$iv"; } | base64_line
        ;;
    *) openssl enc "-$1" -K "$2" | base64_line ;;
    esac
}

hex() { od -An -v -tx1 | tr -d ' \n'; }
unhex() { tr -d '\n' | sed 's/../\\x&/g' | xargs -0 printf '%b'; }

# envelope NAME CIPHER KEY_HEX, with what is wrapped in $work/wrapped
envelope() {
    printf '{\n  "code": "%s",\n  "encrypt_key": "%s",\n  "data": "%s",\n  "key": "%s"\n}\n' \
        "$(printf %s "$CODE" | seal "$2" "$3")" "$(wrap pkcs1 <"$work/wrapped")" \
        "$(printf %s "$USERINFO" | seal "$2" "$3")" "$(wrap pkcs1 <"$work/wrapped")" >"$1.json"
}

for bits in 128 192 256; do
    for mode in ecb cbc; do
        key="$(openssl rand -hex $((bits / 8)))"
        unhex <<<"$key" >"$work/wrapped"
        envelope "aes-$bits-$mode-raw" "aes-$bits-$mode" "$key"
        unhex <<<"$key" | base64_line >"$work/wrapped"
        envelope "aes-$bits-$mode-base64" "aes-$bits-$mode" "$key"
    done
done
# 32 letters as they are: a key of 256 bits that also is the base64 of one of 192 bits.
openssl rand -hex 16 | tr -d '\n' >"$work/wrapped"
envelope aes-256-ecb-letters aes-256-ecb "$(hex <"$work/wrapped")"

# What an unwrap must refuse: the key opens `data`, and only its padding is wrong (RFC 8017 §7.2.2).
key=00
# No byte of it may pass for the separator.
while [[ "$key" =~ ^(..)*00 ]]; do key="$(openssl rand -hex 32)"; done
# block FIRST_TWO PADDING_LENGTH SEPARATOR: FIRST_TWO || FF… || SEPARATOR || key, 256 bytes
block() {
    local filling
    filling="$(head -c "$2" /dev/zero | tr '\0' '\377' | hex)"
    unhex <<<"$1$filling$3$key" | wrap none
}
{
    printf '{\n  "data": "%s",\n' "$(printf %s "$USERINFO" | seal aes-256-ecb "$key")"
    printf '  "right": "%s",\n' "$(block 0002 221 00)"
    printf '  "first byte": "%s",\n' "$(block 0102 221 00)"
    printf '  "block type 1": "%s",\n' "$(block 0001 221 00)"
    printf '  "block type 0": "%s",\n' "$(block 0000 221 00)"
    printf '  "no separator": "%s",\n' "$(block 0002 221 01)"
    printf '  "short padding": "%s",\n' "$(key="$(printf '%0428d' 0)$key" block 0002 7 00)"
    printf '  "nothing wrapped": "%s",\n' "$(key='' block 0002 253 00)"
    printf '  "oaep": "%s"\n}\n' "$(unhex <<<"$key" | wrap oaep)"
} >bad-padding.json
