## Clients of other identity providers
error-upstream-config = The configuration of this provider cannot be read. Save it again at the desk.
error-upstream-private-key = This is not an RSA private key of at least 2048 bits. Paste the application's private key as the vendor's tool shows it (PKCS#8 or PKCS#1).
error-upstream-public-key = This is not an RSA public key of at least 2048 bits. Copy the platform's public key from the vendor's console.
error-upstream-own-key = This is the application's own public key. Copy the platform's public key (支付宝公钥) from the vendor's console.
error-upstream-signing = The request could not be signed with the private key of this provider.
error-upstream-issuer = An issuer is an address that begins with https://, without query and fragment, exactly as the provider writes it.
error-upstream-scopes = Scopes are words with a space between them.
