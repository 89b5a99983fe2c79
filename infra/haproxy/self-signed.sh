#!/bin/sh
# A certificate for trying out TLS at the edge: infra/haproxy/self-signed.sh FOLDER [NAME]
#
# Writes FOLDER/edge.pem, certificate and key, for EDGE_CERT. Browsers warn of it: for real visitors use one of an
# authority that they know. Never put one into the repository.
set -eu

folder=${1:?usage: infra/haproxy/self-signed.sh FOLDER [NAME]}
name=${2:-localhost}

umask 077
mkdir -p "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -sha256 \
    -subj "/CN=$name" -addext "subjectAltName=DNS:$name,IP:127.0.0.1" \
    -keyout "$folder/edge.key.new" -out "$folder/edge.crt.new" 2> /dev/null
cat "$folder/edge.crt.new" "$folder/edge.key.new" > "$folder/edge.pem"
rm "$folder/edge.crt.new" "$folder/edge.key.new"
echo "EDGE_CERT=$folder/edge.pem"
