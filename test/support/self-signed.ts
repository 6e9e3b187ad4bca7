/**
 * A certificate for localhost and 127.0.0.1 that nobody trusts who is not told to, and its key: for tests, and public.
 *
 * From 2020 to 2120, whatever the machine's clock says. Made in an empty folder by OpenSSL 3:
 *
 *   touch index.txt
 *   openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
 *     -config own.cnf -keyout key.pem -out request.pem
 *   openssl ca -batch -selfsign -notext -startdate 20200101000000Z -enddate 21200101000000Z \
 *     -config own.cnf -keyfile key.pem -in request.pem -out certificate.pem
 *
 * with own.cnf:
 *
 *   [ca]
 *   default_ca = own
 *   [own]
 *   database = index.txt
 *   new_certs_dir = .
 *   rand_serial = yes
 *   default_md = sha256
 *   policy = any
 *   x509_extensions = names
 *   [any]
 *   commonName = supplied
 *   [req]
 *   distinguished_name = name
 *   [name]
 *   [names]
 *   basicConstraints = critical, CA:true
 *   subjectAltName = DNS:localhost, IP:127.0.0.1
 */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBejCCASCgAwIBAgIUdi1lpvilqvF8H8r5OgKuoF7lTY8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx
MDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASBtfP2CKa5mmsIX/1xYucrIgHFJysnii4aIZv9SeHfyUHrMOJyiz/x
wIDDkfMhffgjfm1+P1mL1EnyrO1IdsNoo04wTDAPBgNVHRMBAf8EBTADAQH/MBoG
A1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQU5RKrAzHOw5DxqKo9
dZ9EGtiw91swCgYIKoZIzj0EAwIDSAAwRQIhAJiwzbaDjxliX9ZKUUd2MlkoElh7
5IqZdgXkqJ1+gajOAiBugFpxybaUFvtHq3u26QiXFHagI1dZK8TD5TIIkW5mPA==
-----END CERTIFICATE-----
`;

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgE3YWV/TesMnfHSSc
34DjdjuKmnRQ2QO1RPYtfeQEtoehRANCAASBtfP2CKa5mmsIX/1xYucrIgHFJysn
ii4aIZv9SeHfyUHrMOJyiz/xwIDDkfMhffgjfm1+P1mL1EnyrO1IdsNo
-----END PRIVATE KEY-----
`;
