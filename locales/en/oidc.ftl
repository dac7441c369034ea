# Consent and choosing the acting space
oidc-consent-title = Sign in to { $product }
oidc-consent-app = an app on this device ({ $scheme })
oidc-consent-space = Who are you acting as?
oidc-consent-signed-in-as = Signed in as { $name }
oidc-consent-space-personal = Personal space
oidc-consent-unusable = Not available now
oidc-consent-why = See why
oidc-consent-shared = Information to be shared
oidc-consent-personal = About you
oidc-consent-organization = Organization
oidc-consent-organization-data = Name, credit code, member number, your role
oidc-consent-withheld = Your password and ID number are not shared.
oidc-consent-withheld-phone = Your password, phone number and ID number are not shared.
oidc-consent-remember = Do not ask again for { $days } days when acting this way
oidc-consent-allow = Agree and continue
oidc-consent-deny = Cancel
oidc-consent-other-account = Use another account
oidc-consent-find = Another organization
oidc-consent-find-hint = You act for more organizations than this page lists. Type part of the name.
oidc-consent-find-go = Search
oidc-consent-find-reset = Show the first again
oidc-consent-find-none = None of your organizations of that name can be used here.
oidc-data-and = , { "" }
oidc-data-subject = account ID
oidc-data-level = real-name level
oidc-data-name = name
oidc-data-login-name = login name
oidc-data-phone = phone number
oidc-data-email = email

# Why a product cannot be used

# Signing out
oidc-logout-title = Sign out
oidc-logout-text = { $name }, after signing out you need to sign in again, and your sign-ins at products end as well.
oidc-logout-connected = Applications that you let stay connected while you are away stay so.
oidc-logout-connected-see = See which
oidc-logout-confirm = Sign out
oidc-logout-stay = Stay signed in
oidc-logout-done-title = Signed out
oidc-logout-done-text = On a shared computer, close the browser window as well.
oidc-logout-sign-in-again = Sign in again

# Errors
error-authorize-malformed = The sign-in request has faulty parameters; nothing was sent. Go back to the product and sign in again, and tell its technical staff if this stays
error-client-unknown = The product that started this sign-in is not known; nothing was sent. Enter again from the product catalog, or tell the product's technical staff
error-client-redirect-uri-unknown = The product's return address is not registered; nothing was sent. Ask the product's technical staff to register it
error-client-redirect-uri-invalid = The return address does not qualify: use https, no wildcard, user name, fragment or semicolon, and the normal form of the path
error-client-redirect-uri-required = Enter at least one return address
error-client-redirect-uri-too-many = There are more than { $max } return addresses; remove those no longer used
error-client-unauthenticated = The client did not prove to be itself; check client_id and client_secret
error-client-jwks-invalid = This is no key set with a usable key: a JSON object with “keys”, holding a public key on P-256, Ed25519 or RSA from 2048 bits
error-client-jwks-private = The key set holds a private key. Register the public halves alone, and replace this key: it has left its owner
error-client-jwks-required = Enter the client's public keys, or the address at which it publishes them
error-client-jwks-twice = Enter either the keys or their address, not both
error-client-jwks-without-algorithm = None of the keys fits the chosen algorithm
error-client-uri-invalid = The address does not qualify: use https, without user name and fragment
error-client-resource-invalid = Enter at most 20 absolute addresses without fragment, one a line
error-client-resource-foreign = One of these hosts belongs to another product. Remove its line, or ask the system administrator to enter it
error-client-grant-types-invalid = These ways to a token do not go together: a client signs people in, a program acts for itself
error-client-lifetime-invalid = The lifetime is out of its bounds
error-client-sector-required = The return addresses lie on several hosts; enter the address of a list of them, or use public subjects
error-client-sector-unreadable = The list of return addresses could not be read; it must be a JSON array at the given address
error-client-sector-mismatch = The list at the given address does not hold every return address
error-client-names-mixed = The product has an address for events, and its active clients know people by different names; let all of them use the same kind of subjects
error-client-profile-method = This profile knows clients by a private key alone
error-client-profile-algorithm = This profile does not take the chosen algorithm
error-client-profile-redirect = This profile answers to https addresses alone
error-client-no-secret = This client has no secret: it is known by its key, or public
error-flow-unknown = This sign-in request has expired, was answered already, or belongs to another browser. Go back to the product and sign in again
error-flow-answered = This sign-in request was answered already. Go back to the product to see the result
error-logout-client-mismatch = The sign-out request and its ID token belong to different products; you are still signed in. Go back to the product and try again
error-logout-redirect-uri-unknown = The return address after sign-out is not registered; you are still signed in. Ask the product's technical staff to register it
error-decision-space = No acting space was chosen; choose one and send again
error-key-missing = No signing key is available at the moment; try again shortly
error-key-unusable = The signing key cannot be used; tell the platform's operators
error-flow-too-many = Too many sign-in requests came from your network in a short time. Wait a minute, then start again from the product
error-consent-unknown = There is no such authorization; it may have been withdrawn

# Webhooks
error-webhook-url = The address must be a full URL that begins with https://, without user name, password or # fragment
error-webhook-exists = This product has a webhook already
error-webhook-unknown = This product has no webhook
error-webhook-paused = The webhook is paused; resume it before testing
error-webhook-delivery-unknown = This delivery was not found

# Machines
oidc-machines = Programs
oidc-machines-intro = Programs that call products on behalf of the organization. Product managers register them; like a member, a program needs the organization's admission.
oidc-machines-none = No program acts for the organization
oidc-machines-none-help = Ask the product manager to register one if you need it
oidc-machine-name = Name
oidc-machine-product = Product
oidc-machine-client = Client ID
oidc-machine-since = Registered
oidc-machine-now = Now
oidc-machine-acts = May act

# Answers, organizations, pushed requests
oidc-send-title = Back to the product
oidc-send-text = Your sign-in is done. If the page does not go on by itself, press the button.
oidc-send-on = Continue
oidc-nowhere-title = { $product } is used on behalf of an organization
oidc-nowhere-text = { $name }, this account acts for no organization yet.
oidc-nowhere-help = Ask the administrator of your organization to add you, or apply to act for it.
oidc-nowhere-ask = Apply to act for an organization
oidc-nowhere-back = Back to the product
oidc-consent-offline = Afterwards
oidc-consent-offline-data = The product stays connected while you are away, until you withdraw this or it expires
oidc-data-verified = verified name and how it was verified
oidc-logout-by = { $client } asks to sign you out.
error-authorize-request-uri-unknown = This sign-in request has expired or was used already. Go back to the product and sign in again
oidc-machine-values = For the program's configuration
oidc-machine-issuer = Issuer
oidc-machine-recipe = One request gets a token:
oidc-machine-secret = Secret
oidc-machine-rotate = Change the secret
oidc-machine-rotate-lost = The secret in use stops working at once; the program gets no token until it has the new one.
error-client-changed-meanwhile = Somebody else changed the client meanwhile. Look at it as it is now and save again
error-client-too-many = Your organization already keeps { $max } clients of this product. Use one that is no longer needed, or ask the product manager to take over those no longer used
error-client-no-developer = The product is entrusted to no organization; say first who develops it
error-client-consent-required = Clients of an organization's developers ask people for their consent
error-client-disabled-by-platform = The platform suspended this client; ask the product manager to activate it
error-client-platform-decides = The platform decides this; ask the product manager to change it
