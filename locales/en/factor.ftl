# Second factors and passkeys: what went wrong, and what to do.
error-totp-code-shape = Enter the six digits that the app shows
error-totp-wrong = The code is not right. { $left ->
    [0] No more tries for now
    [one] One more try
   *[other] { $left } more tries
  }. Check that the clock of your phone is set automatically
error-totp-used = This code has been used. Wait for the next one in the app
error-totp-locked = Too many wrong codes. Try again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
  } or use another way
error-totp-offer-over = This page waited too long. Scan the new QR code below
error-recovery-code-shape = Enter a recovery code of ten characters, for example 7KD2M-9XQ4R
error-recovery-code-wrong = The recovery code is not right or has been used. { $left ->
    [0] No more tries for now
    [one] One more try
   *[other] { $left } more tries
  }
error-recovery-code-locked = Too many wrong recovery codes. Try again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
  } or use another way
error-passkey-over = The passkey took too long. Try again
error-passkey-unknown = This passkey is not known here; it may have been removed. Use another passkey or another way, and delete it on your device
error-passkey-refused = The passkey could not be verified. Try again or use another way
error-passkey-no-host = Passkeys need an address with a host name; this site is reached by a number
error-passkey-too-many = Too many tries from this network. Try again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
  } or use another way
error-totp-first-wrong = The code does not match the new secret. Check that the app shows the code for this site and that the clock of the phone is set automatically
error-totp-too-many = Five authenticator apps are the most. Remove one first
error-totp-unknown = There is no such authenticator app; it may have been removed
error-passkey-unknown-key = There is no such passkey; it may have been removed
error-passkey-too-many-keys = Ten passkeys are the most. Remove one first
error-passkey-last-way-in = This passkey is your last way to sign in. Set a password, prove a phone or add another passkey first
error-recovery-code-no-factor = Recovery codes stand in for a second factor. Add a passkey or an authenticator app first
