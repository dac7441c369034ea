# Sign-in
identity-login-title = Sign in
identity-login-lead = Sign in with your account. From there you reach your personal space and the spaces of your organizations.
identity-login-again = Sign in once more to confirm that it is you.
identity-login-hardware = The product asks for a passkey on this device or on a security key. Sign in with it, other ways will not do.
identity-login-name = Account
identity-login-name-hint = Login name, mobile number or resident identity number
identity-login-password = Password
identity-login-submit = Sign in
identity-login-no-account = No account yet?
identity-choose-title = Choose an account
identity-choose-lead = Several accounts have this identity number and password. Choose the one to sign in to.
identity-choose-managed = Managed by an organization
identity-choose-self-owned = Personal account
identity-choose-submit = Sign in to this account
identity-choose-over = The choice has expired. Sign in again.
error-signin-name-required = The account is missing. Enter your login name, mobile number or identity number.
error-signin-wrong = { $left ->
    [0] Account or password is not correct. There are no attempts left, try again later.
    [one] Account or password is not correct. You have one more attempt.
   *[other] Account or password is not correct. You have { $left } more attempts.
 }
error-signin-locked = { $minutes ->
    [one] Too many wrong passwords. Try again in one minute.
   *[other] Too many wrong passwords. Try again in { $minutes } minutes.
 }
error-signin-disabled = This account is suspended. Ask your organization's administrator or your account manager.
error-signin-temporary-expired = This temporary password has expired. Ask your organization's administrator for a new one.
error-signin-busy = Many people are signing in. Try again in a moment.
error-session-required = You are not signed in, or your session has ended. Sign in to go on.

# Captcha
identity-captcha-label = Captcha
identity-captcha-alt = Picture with 5 characters
identity-captcha-question-label = Question
identity-captcha-new-picture = New picture
identity-captcha-new-question = New question
identity-captcha-other-way = Another way
identity-captcha-picture-way = Use a picture
identity-captcha-done = Verified automatically
identity-number-words = zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty twenty-one twenty-two twenty-three twenty-four twenty-five twenty-six twenty-seven twenty-eight twenty-nine thirty thirty-one thirty-two thirty-three thirty-four thirty-five thirty-six thirty-seven thirty-eight thirty-nine forty
identity-riddle-separator = ,{" "}
identity-riddle-animals = cat dog horse cow sheep rabbit tiger elephant monkey duck
identity-riddle-fruits = apple banana grape watermelon peach pear strawberry cherry lemon pineapple
identity-riddle-colors = red yellow blue green white black purple silver pink brown
identity-riddle-vehicles = car train plane ship truck subway bicycle bus motorcycle helicopter
identity-riddle-clothes = shirt trousers skirt hat glove scarf sock coat sweater shoe
identity-riddle-animal = an animal
identity-riddle-fruit = a fruit
identity-riddle-color = a color
identity-riddle-vehicle = a vehicle
identity-riddle-garment = a piece of clothing
identity-riddle-places = first second third fourth
identity-riddle-days = Monday Tuesday Wednesday Thursday Friday Saturday Sunday
identity-riddle-days-short = Mon Tue Wed Thu Fri Sat Sun
identity-riddle-plus-1 = What is { $a } plus { $b }? Digits or words
identity-riddle-plus-2 = There were { $a }, then { $b } more came. How many are there?
identity-riddle-plus-3 = Which number is { $b } more than { $a }?
identity-riddle-minus-1 = What is { $a } minus { $b }? Digits or words
identity-riddle-minus-2 = There were { $a }, and { $b } were taken away. How many are left?
identity-riddle-minus-3 = Which number is { $b } less than { $a }?
identity-riddle-largest-1 = { $list }: which is the largest?
identity-riddle-largest-2 = Write the largest number: { $list }
identity-riddle-largest-3 = Which number is greater than the other two: { $list }?
identity-riddle-smallest-1 = { $list }: which is the smallest?
identity-riddle-smallest-2 = Write the smallest number: { $list }
identity-riddle-smallest-3 = Which number is less than the other two: { $list }?
identity-riddle-which-1 = { $list }: which is { $kind }?
identity-riddle-which-2 = Write the word that is { $kind }: { $list }
identity-riddle-which-3 = One word alone is { $kind }. Which one? { $list }
identity-riddle-other-1 = { $list }: which is not { $kind }?
identity-riddle-other-2 = Write the word that is not { $kind }: { $list }
identity-riddle-other-3 = All but one is { $kind }. Which one? { $list }
identity-riddle-many-1 = { $list }: how many times is it { $kind }?
identity-riddle-many-2 = Count the words that are { $kind }: { $list }
identity-riddle-many-3 = How many of these are { $kind }? { $list }
identity-riddle-place-1 = { $list }: what is the { $place } word?
identity-riddle-place-2 = Write the { $place } word: { $list }
identity-riddle-place-3 = Counting from the start, which word is { $place }? { $list }
identity-riddle-first-1 = What is the first letter of “{ $word }”?
identity-riddle-first-2 = Write the letter that “{ $word }” begins with
identity-riddle-first-3 = With which letter does the word “{ $word }” start?
identity-riddle-last-1 = What is the last letter of “{ $word }”?
identity-riddle-last-2 = Write the letter that “{ $word }” ends with
identity-riddle-last-3 = With which letter does the word “{ $word }” end?
identity-riddle-after-1 = Which day comes after { $day }?
identity-riddle-after-2 = If today is { $day }, what is tomorrow?
identity-riddle-after-3 = If yesterday was { $day }, what is today?
identity-riddle-before-1 = Which day comes before { $day }?
identity-riddle-before-2 = If today is { $day }, what was yesterday?
identity-riddle-before-3 = If tomorrow is { $day }, what is today?
error-captcha-too-many-asked = Too many pictures or questions were asked for. Try again in { $minutes } minutes.
error-captcha-wrong = The captcha is not correct. Answer the new picture or question.
error-captcha-missing = The captcha is not answered yet. Answer the picture or question.
error-captcha-stale = The captcha has expired or was used before. Answer the new picture or question.
error-captcha-now-wanted = For the safety of the account this sign-in needs a captcha.
error-captcha-too-many = Too many wrong captchas. Try again in 10 minutes.

# Registration
identity-register-title = Create an account
identity-register-lead = With an account you do your own business, and you can apply to act for a company.
identity-register-steps = Steps
identity-register-step-data = Your data
identity-register-step-phone = Your phone
identity-register-step-done = Done
identity-register-next = Next: verify phone
identity-register-have-account = Have an account?
identity-registered = Your account is ready, welcome
identity-name = Name
identity-name-hint = As on your identity document, for real-name verification later
identity-login-name-own = Login name
identity-login-name-own-hint = 4 to 32 characters, first a letter, then letters, digits, dots, underscores and hyphens
identity-phone = Mobile number
identity-phone-hint = For signing in, recovery and verification
identity-document-optional = Add a resident identity number (optional)
identity-document = Resident identity number
identity-document-hint = Lets you sign in with it. Stored encrypted; it proves nothing until it is verified
identity-document-consent = I agree that my identity number (sensitive personal information) is processed for signing in and later verification
identity-agree-before = I have read and accept the
identity-agree-between = and the
error-account-name-shape = A name has letters, dots and spaces only, and at least two letters. Enter it as on the document.
error-account-login-name-taken = This login name is taken. Choose another one.
error-account-phone-taken = This mobile number is verified on another account. Sign in with that account or use another number.
error-account-person-taken = This person has an account of this kind already. Sign in with that one.
error-account-unknown = The account does not exist. Go back to the list and choose again.
error-account-state-conflict = The account has changed meanwhile. Reload the page and try again.
error-registration-closed = Registration is closed. Ask your organization's administrator for an account.
error-registration-agree = To register, accept the terms of use and the privacy policy.
error-registration-document-consent = The identity number needs separate consent. Tick the consent or clear the number.
error-registration-too-many = { $minutes ->
    [one] Too many login names were tried. Try again in one minute.
   *[other] Too many login names were tried. Try again in { $minutes } minutes.
 }

# Codes
identity-verify-title = Verify phone
identity-verify-lead = A code was sent to { $phone }
identity-verify-submit = Create account
identity-verify-nothing = A message may take a few minutes, or the phone may filter it. If none comes, use another number or register later; if you have an account, sign in another way.
identity-verify-over = The verification has expired or is done. Enter your data again to get a new code.
identity-held-title = This number has an account
identity-held-lead = { $phone } is proven, but another account has it.
identity-held-yours = That account is mine
identity-held-yours-how = Sign in, or recover the password first. What you typed here is not kept.
identity-held-login = Sign in to that account
identity-held-recover = Recover the password
identity-held-new = The number is mine now
identity-held-new-how = For example a new number that belonged to somebody else. That account can no longer sign in or get codes with it, and its holder is told in other ways; you get nothing of what is in it.
identity-held-take = Register with this number
identity-held-other = Register with another number
identity-code = Code
identity-code-hint = 6 digits
identity-code-not-there = No message?
identity-code-resend = Send again
identity-code-resend-wait = Send again in { "{n}" } s
identity-code-resent = A new code was sent, earlier ones are no longer valid
identity-sms-register-code = Your registration code is { $code }, valid for { $minutes } minutes. Do not share it.
error-code-shape = A code has 6 digits. Check the message.
error-code-wrong = { $left ->
    [one] The code is not correct. You have one more attempt.
   *[other] The code is not correct. You have { $left } more attempts.
 }
error-code-exhausted = Too many wrong codes, this one is no longer valid. Send a new one.
error-code-wait = { $seconds ->
    [one] You can send another code in one second.
   *[other] You can send another code in { $seconds } seconds.
 }
error-code-too-many = { $minutes ->
    [one] Too many codes were sent. Try again in one minute.
   *[other] Too many codes were sent. Try again in { $minutes } minutes.
 }

# Passwords
identity-set-password = Password
identity-new-password = New password
identity-current-password = Current password
identity-password-hint = At least { $least } characters; no common password, nothing of your name, phone or ID number
identity-password-hint-mixed = At least { $least } characters with letters and digits; no common password, nothing of your name, phone or ID number
identity-password-title = Change password
identity-password-title-forced = Set your own password
identity-password-lead = Afterwards all your other devices are signed out.
identity-password-forced = You are using a temporary password. Set your own before you go on.
identity-password-submit = Save password
identity-password-changed = Password changed, other devices are signed out
identity-back = Back
error-password-required = The password is missing.
error-password-too-long = The password is too long. Use at most 256 bytes.
error-password-too-short = The password is too short. Use at least { $least } characters.
error-password-same-as-identifier = The password must differ from the login name and the mobile number. Choose another one.
error-password-common = This password is too common and easy to guess. Choose another one.
error-password-letters-and-digits = The password needs both letters and digits.
error-password-classes = The password mixes too few kinds of characters. Use at least { $least } of capital letters, small letters, digits and others.
error-password-personal = The password is too close to the name, login name, phone or ID number; whoever knows you would guess it. Choose one that has nothing to do with them.
error-password-weak = The password is easy to guess. Make it longer, or put several unrelated words together.
error-password-breached = This password is on a list of leaked ones. Choose one that you never used.
error-password-used-before = This password was used before. Choose one that differs from the last { $count }.
identity-password-hint-classes = At least { $least } characters of at least { $classes } kinds: capital letters, small letters, digits, others; nothing of your name, phone or ID number
identity-password-overdue = Your password is too old. Set a new one before you go on.
identity-password-unknown = Do not know the current password?
error-password-unchanged = The new password equals the current one. Choose another one.
error-password-current-wrong = { $left ->
    [0] The current password is not correct. There are no attempts left, try again later.
    [one] The current password is not correct. You have one more attempt.
   *[other] The current password is not correct. You have { $left } more attempts.
 }
error-password-current-locked = { $minutes ->
    [one] Too many wrong passwords. Try again in one minute.
   *[other] Too many wrong passwords. Try again in { $minutes } minutes.
 }
error-password-changed-meanwhile = The password was changed elsewhere a moment ago. Sign in with the new one and try again.
error-password-change-required = This is a temporary password. Set your own first.

# Levels, devices
identity-level-unverified = Not verified
identity-level-primary = Primary level
identity-level-intermediate = Intermediate level
identity-level-advanced = Advanced level
identity-device = { $browser } on { $system }
identity-device-unknown = Unknown device

# Terms
identity-document-version = Version { $version }
identity-terms-title = Terms of use
identity-terms-link = terms of use
identity-terms-1 = The account is for you alone. Do not lend or transfer it, and do not share passwords or codes.
identity-terms-2 = You act for yourself or, where authorized, for an organization. What you do for an organization stands in its operation record, which its administrators can read.
identity-terms-3 = Enter true data and keep it up to date. Whoever enters false data answers for the consequences.
identity-terms-4 = The platform keeps an audit record of sign-ins and operations for security and accountability.
identity-terms-5 = If an account behaves unusually, the platform may suspend it and says how to restore it. You may stop using it and ask to close it at any time.
identity-privacy-title = Privacy policy
identity-privacy-link = privacy policy
identity-privacy-1 = Registration collects your name, login name and mobile number for signing in, recovery and contact. An identity number is collected only with your separate consent.
identity-privacy-2 = Name, mobile and document numbers are stored encrypted and shown masked. Seeing them in full needs another verification and is recorded.
identity-privacy-3 = Each sign-in records time, network address and browser type to protect the account. You can see them in your account settings.
identity-privacy-4 = A connected product receives only the data that you confirm. Nothing goes to others without your consent, unless the law requires it.
identity-privacy-5 = You may see and correct your data, withdraw consent or close the account. After closing, necessary records are kept as long as the law requires.

identity-recover-title = Forgot password

# Messages and reminders
identity-notice-mail = { $title }

 { $text }

 This mail is sent automatically; there is no need to answer. Choose what reaches you in your personal space, under reminders.
identity-notice-password-changed = Password changed
identity-notice-password-changed-text = The password of your account { $login_name } was changed at { $at }, and other devices were signed out. If it was not you, recover the account at once with “Forgot password”.
identity-notice-password-reset = Password reset
identity-notice-password-reset-text = An administrator reset the password of your account { $login_name } at { $at }; all devices were signed out. If in doubt, ask your organization's administrator.
identity-notice-recovered = Account recovered with a new password
identity-notice-recovered-text = Your account { $login_name } got a new password by recovery at { $at }; all devices were signed out. If it was not you, recover it again at once with “Forgot password”.
identity-notice-phone-bound = Mobile number bound
identity-notice-phone-bound-text = The mobile number { $new } was bound to your account { $login_name } at { $at }; it signs in and recovers the password. If it was not you, sign in at once, change the password and sign out other devices.
identity-notice-phone-changed = Mobile number changed
identity-notice-phone-changed-text = The mobile number of your account { $login_name } was changed to { $new } at { $at }; the old number no longer signs in. If it was not you, sign in at once, change the password and sign out other devices, or contact support.
identity-notice-phone-set = Mobile number changed by an administrator
identity-notice-phone-set-text = Your organization's administrator changed the mobile number of your account { $login_name } at { $at }; the old number no longer signs in. If you did not ask for it, check with the administrator.
identity-notice-phone-released = Mobile number proven by somebody else
identity-notice-phone-released-text = Somebody else proved the number { $old } at { $at }; it no longer signs in to your account { $login_name }. If the number is still yours, sign in another way and prove it again; otherwise bind a new one.
identity-notice-email-bound = E-mail address bound
identity-notice-email-bound-text = The e-mail address { $new } was bound to your account { $login_name } at { $at }; it recovers the password and receives reminders. If it was not you, sign in at once, change the password and sign out other devices.
identity-notice-email-changed = E-mail address changed
identity-notice-email-changed-text = The e-mail address of your account { $login_name } was changed to { $new } at { $at }. If it was not you, sign in at once, change the password and sign out other devices, or contact support.
identity-notice-login-name-changed = Login name changed
identity-notice-login-name-changed-text = The login name of your account was changed from { $old } to { $new } at { $at }. If it was not you, sign in at once, change the password and sign out other devices.
identity-notice-factor-added = Sign-in method added
identity-notice-factor-added-text = “{ $factor }” was added to your account { $login_name } at { $at }. If it was not you, sign in at once, remove it and change the password.
identity-notice-factor-removed = Sign-in method removed
identity-notice-factor-removed-text = “{ $factor }” was removed from your account { $login_name } at { $at }. If it was not you, sign in at once, change the password and sign out other devices.
identity-notice-identity-linked = Another identity linked
identity-notice-identity-linked-text = “{ $provider }” was linked to your account { $login_name } at { $at } and can sign in to it. If it was not you, sign in at once, unlink it and change the password.
identity-notice-identity-unlinked = Identity unlinked
identity-notice-identity-unlinked-text = “{ $provider }” was unlinked from your account { $login_name } at { $at }. If it was not you, sign in at once, change the password and sign out other devices.
identity-notice-questions-set = Security questions set
identity-notice-questions-set-text = The security questions of your account { $login_name } were set at { $at }. If it was not you, sign in at once, set them again and change the password.
identity-notice-questions-removed = Security questions removed
identity-notice-questions-removed-text = The security questions of your account { $login_name } were removed at { $at }. If it was not you, sign in at once, set new ones and change the password.
identity-notice-real-name-proven = Real name verified
identity-notice-real-name-proven-text = The real name of your account { $login_name } was verified at { $at } by: { $method }.
identity-notice-real-name-removed = Real-name verification removed
identity-notice-real-name-removed-text = A real-name verification of your account { $login_name } was removed at { $at }: { $method }. What depends on it may stop working. If it was not you, change the password at once.
identity-notice-dispute-opened = Somebody claims your identity
identity-notice-dispute-opened-text = At { $at } another account asked to be verified with the identity of your account { $login_name }. The platform is looking into it; until then nothing changes for you.
identity-notice-dispute-decided = Identity dispute decided
identity-notice-dispute-decided-text = The dispute about the identity of your account { $login_name } was decided at { $at }. Sign in to see the state of your real-name verification.
identity-notice-closing = Account will be closed
identity-notice-closing-text = Closing your account { $login_name } was requested at { $at }; it will be closed at { $due }. Until then you can undo it: sign in and undo it on the page of your account. If it was not you, do so at once and change the password.
identity-notice-closing-undone = Closing undone
identity-notice-closing-undone-text = Closing your account { $login_name } was undone at { $at }; it stays as it is.
identity-notice-product-message = { $product }
identity-notice-product-message-text = { $title }
identity-notice-data-taken = Personal data downloaded
identity-notice-data-taken-text = The personal data of your account { $login_name } was downloaded at { $at }. If it was not you, change the password at once and sign out other devices.
identity-notice-new-device = Sign-in on a new device
identity-notice-new-device-text = Your account { $login_name } signed in at { $at } on a new device ({ $device }, address { $address }). If it was not you, sign in at once, sign that device out and change the password.
identity-notice-access-requested = New access request
identity-notice-access-requested-text = { $applicant } asks to use “{ $product }” and waits for your decision in the space of { $organization }.
identity-notice-request-approved = Access request approved
identity-notice-request-approved-text = Your request to use “{ $product }” for { $organization } was approved; you can use it now.
identity-notice-request-rejected = Access request rejected
identity-notice-request-rejected-text = Your request to use “{ $product }” for { $organization } was rejected: { $note }
identity-notice-application-received = New application
identity-notice-application-received-text = { $applicant } applies: { $kind }, { $organization }. It waits for a decision.
identity-notice-application-returned = Application sent back to be completed
identity-notice-application-returned-text = Your application ({ $kind }) was sent back. { $note } Complete it and hand it in again.
identity-notice-application-approved = Application approved
identity-notice-application-approved-text = Your application ({ $kind }) was approved. { $note }
identity-notice-application-rejected = Application refused
identity-notice-application-rejected-text = Your application ({ $kind }) was refused. { $note }
identity-notice-application-expired = Application expired
identity-notice-application-expired-text = Nobody decided your application ({ $kind }) in time, and it ended. You can apply again.
identity-notice-head-changed = New head of an organization
identity-notice-head-changed-text = { $organization } has a new head, { $head }. The authority of the former one has ended; administrators stay until the new head confirms or ends them.
identity-notice-head-given = You are the head of an organization
identity-notice-head-given-text = You were accepted as { $title } of { $organization } and can act for it from now on. Look at its administrators and confirm or end them.
identity-notice-administrator-confirmed = Confirmed as administrator
identity-notice-administrator-confirmed-text = The new head of { $organization } confirmed you as administrator.
identity-notice-proof-approved = Real-name request approved
identity-notice-proof-approved-text = The real-name request of your account { $login_name } was approved at { $at }.
identity-notice-proof-rejected = Real-name request returned
identity-notice-proof-rejected-text = The real-name request of your account { $login_name } was returned at { $at }: { $note }
identity-notice-proof-failed = Real-name verification not completed
identity-notice-proof-failed-text = The real-name verification that your account { $login_name } asked for ({ $method }) ended at { $at } and was not completed: { $note }
identity-notice-proof-disputed = Real-name verification is looked into
identity-notice-proof-disputed-text = What your account { $login_name } gave for its real-name verification ({ $method }) was checked at { $at }, but the document was verified on another account. The platform looks into it, decides, and tells you; sign in to say something to it.
identity-notice-grant-given = Product granted
identity-notice-grant-given-text = { $organization } granted you the use of “{ $product }”.
identity-notice-grant-revoked = Product grant taken away
identity-notice-grant-revoked-text = { $organization } took away your grant to use “{ $product }”. If in doubt, ask an administrator of the organization.
identity-notice-grant-expiring = A product grant ends soon
identity-notice-grant-expiring-text = Your grant for { $product } at { $organization } is valid to { $until }. Ask an administrator to extend it if you still need it.
identity-notice-grants-expiring = Product grants of members end soon
identity-notice-grants-expiring-text = { $count } product grants at { $organization } end soon, the first is valid to { $until }. Extend them under product grants.
identity-notice-membership-suspended = Membership suspended
identity-notice-membership-suspended-text = Your membership in { $organization } is suspended; you cannot act for it for now. If in doubt, ask an administrator of the organization.
identity-notice-membership-resumed = Membership resumed
identity-notice-membership-resumed-text = Your membership in { $organization } is in force again; you can act for it.
identity-notice-former-merged = An earlier account was merged
identity-notice-former-merged-text = Your earlier account { $former } is part of this account now: you are an agent of { $organization }, and the old name and password keep working. If it is not yours, remove it in the security center and tell the platform.
identity-notice-former-parted = An earlier account was separated
identity-notice-former-parted-text = The earlier account { $former } was separated from your account and no longer signs in to it. If in doubt, ask the platform.
identity-notice-membership-ended = Membership ended
identity-notice-membership-ended-text = Your membership in { $organization } has ended; you can no longer act for it. If in doubt, ask an administrator of the organization.
identity-notice-membership-renewed = Membership period changed
identity-notice-membership-renewed-text = Your membership in { $organization } is now valid until { $until }.
identity-notice-admission-given = Admitted to a product
identity-notice-admission-given-text = { $organization } is admitted to { $product }. Members can be granted it now.
identity-notice-admission-suspended = An admission is suspended
identity-notice-admission-suspended-text = The admission of { $organization } to { $product } is suspended, reason: { $reason }. Members cannot use it until it is resumed.
identity-notice-admission-resumed = An admission is in force again
identity-notice-admission-resumed-text = The admission of { $organization } to { $product } is in force again, reason: { $reason }.
identity-notice-admission-ended = An admission has ended
identity-notice-admission-ended-text = The admission of { $organization } to { $product } has ended, reason: { $reason }. Grants are kept and work again with a new admission.
identity-notice-admission-expiring = An admission ends soon
identity-notice-admission-expiring-text = The admission of { $organization } to { $product } ends on { $until }. Have it renewed to go on using it.
identity-notice-contract-expiring = A contract ends soon
identity-notice-contract-expiring-text = Contract { $number } of { $organization } ends on { $until }; products that rest on it close then. Have it renewed to go on.
identity-notice-membership-expiring = Membership ends soon
identity-notice-membership-expiring-text = Your membership in { $organization } ends on { $until }. Ask an administrator of the organization to renew it if you go on working for it.
identity-notice-member-expiring = A member's period ends soon
identity-notice-member-expiring-text = The membership of { $name } in { $organization } ends on { $until }. You can renew it on the member's page.
identity-notice-role-changed = Role changed
identity-notice-role-changed-text = Your role in { $organization } is now { $role }. If in doubt, ask the organization or its account manager.
identity-notice-invited = Invitation from an organization
identity-notice-invited-text = { $organization } invites you to join. Sign in or register with this number to answer: { $link } (valid until { $until }). If you do not know the organization, ignore this message.
identity-notice-invitation-accepted = Invitation accepted
identity-notice-invitation-accepted-text = { $name } accepted the invitation of { $organization } and can act for it now.
identity-notice-invitation-declined = Invitation declined
identity-notice-invitation-declined-text = The holder of { $phone } declined the invitation of { $organization }.
identity-notice-account-handed-out = Account activation
identity-notice-account-handed-out-text = { $organization } opened the account { $login_name } for you. Set your password within 72 hours: { $link }. The link works once; do not pass it on.
error-notice-unknown = This message does not exist; it may have been deleted
error-reminder-security-silent = Security reminders need at least one way; tick SMS or mail

# Documents
identity-document-resident-id = Resident ID card
identity-document-hk-macau-permit = Mainland travel permit for Hong Kong and Macau residents
identity-document-taiwan-permit = Mainland travel permit for Taiwan residents
identity-document-passport = Passport
identity-document-foreign-resident = Foreign permanent resident ID card
error-document-number-shape = Not a number of that document. Check it and type it again.
error-document-country = The issuing country or region has a three-letter code such as CHN. Type it again.
identity-sms-contact-code = Your code to bind this mobile number is { $code }, valid for { $minutes } minutes. Do not share it.
identity-mail-contact-code = Your code to bind this e-mail address to your account is { $code }, valid for { $minutes } minutes. Do not share it. If it was not you, ignore this mail.
error-account-phone-same = This number is bound already; type another one
error-account-email-same = This address is bound already; type another one
error-account-phone-just-proven = Another account proved this number a moment ago; check the number and ask for a new code
error-profile-not-editable = You cannot change this yourself; ask an administrator of your organization
error-profile-name-proven = The name was verified and changes only by a new real-name verification
error-account-closing-managed = An organization owns this account; its administrator deletes it
error-account-closing-already = Closing this account has been requested already

# Ways to sign in
identity-ways = Ways to sign in
identity-way-password = Password
identity-way-sms = SMS
identity-way-passkey = Passkey
identity-way-scan = Scan
identity-way-others = Sign in with another account
identity-login-sms-title = Sign in by SMS
identity-login-sms-lead = A code is sent to your verified mobile number. No password needed.
identity-login-sms-send = Send code
identity-login-sms-sent = If { $phone } belongs to an account, a code was sent to it.
identity-login-sms-code = Code
identity-code-other-number = Use another number
identity-code-another-way = Sign in another way
identity-login-sms-over = The code has been used or has expired. Send a new one to sign in.
identity-login-sms-unconfirmed = This number was not confirmed for a long time and does not open the account by itself. Sign in with your password, then confirm the number on the mobile number page of the security center.
identity-login-sms-staff = Platform staff do not sign in by SMS alone. Sign in with your password, or add an authenticator app or a passkey in the security center first.
identity-sms-sign-in-code = Your sign-in code is { $code }, valid for { $minutes } minutes. Do not share it.

# Second step
identity-second-title = Second step
identity-second-lead = Signing in as { $name }. The first step is done, one more proof is needed.
identity-second-totp = Code from your app
identity-second-totp-hint = The 6 digits that your authenticator shows
identity-second-recovery = Recovery code
identity-second-recovery-hint = One of the codes you saved, 10 characters, each works once
identity-second-passkey = Use a passkey on this device or on a security key.
identity-second-remember = Do not ask in this browser for { $days } days
identity-second-submit = Verify and sign in
identity-second-use-totp = Use a code from your app
identity-second-use-passkey = Use a passkey
identity-second-use-recovery = Use a recovery code
identity-second-cancel = Cancel and sign in another way
identity-second-over = The second step has expired or was tried too often. Sign in again.

# Scan to sign in
identity-scan-title = Scan to sign in
identity-scan-lead = Scan the code with a phone that is signed in, then approve there.
identity-scan-picture = QR code that opens { $address }
identity-scan-code-lead = Cannot scan? On a phone or computer that is signed in, open { $address } and type:
identity-scan-minutes = Valid for 2 minutes
identity-scan-waiting = Waiting for your phone
identity-scan-check = I have approved on my phone
identity-scan-new = New code
identity-scan-approved = Your phone has approved. You can sign in now.
identity-scan-finish = Sign in
identity-scan-refused = The sign-in was refused on the phone.
identity-scan-expired = The code has expired.
identity-scan-over = This sign-in by scan is over. Get a new code and try again.
identity-scan-type-title = Approve a sign-in elsewhere
identity-scan-type-lead = Type the 8 characters that the other device shows.
identity-scan-type-code = Code
identity-scan-type-submit = Next
identity-scan-ask-title = Sign in on another device
identity-scan-ask-lead = A device wants to sign in as { $name }.
identity-scan-ask-warning = Approve only if you are looking at the screen of this device. If somebody sent you the code, refuse: approving lets them into your account.
identity-scan-browser = Browser
identity-scan-system = System
identity-scan-address = Address
identity-scan-address-same = the same as here
identity-scan-at = Asked at
identity-scan-unknown = Unknown
identity-scan-approve = Approve
identity-scan-refuse = Refuse
identity-scan-done = Approved, the other device can sign in now
identity-scan-done-refused = The sign-in was refused
identity-scan-gone = The code has expired or was answered already. Get a new one on that device.
error-scan-code-shape = A code has 8 letters and digits. Check it and type it again.
error-scan-code-unknown = There is no such code, or it has expired. Check the screen of the other device.
error-scan-too-many = Too many tries. Try again in { $minutes } min.

# Passkeys
identity-passkey-title = Sign in with a passkey
identity-passkey-lead = Use the fingerprint, face or screen lock of this device, or a security key. The key stays on your device; your fingerprint or face is never sent here.
identity-passkey-submit = Sign in with a passkey
identity-passkey-second-submit = Continue with a passkey
identity-passkey-none = No passkey yet? You add one in the security center after signing in another way.
identity-passkey-use-password = Sign in with a password
identity-passkey-missing = { $browser } cannot use passkeys
identity-passkey-missing-below = Use one of the other ways below.
identity-passkey-noscript = Passkeys need scripts, which are switched off in this browser
identity-passkey-no-host = Passkeys do not work at this address
identity-passkey-no-host-text = They are bound to a host name, and this site is reached by a number. Use another way, or ask the operator for an address with a name.
identity-passkey-cancelled = Nothing was confirmed, or this device has no passkey for this site. Try again or use another way
identity-passkey-exists = This device has a passkey for your account already
identity-passkey-insecure = The browser allows passkeys at the proper address of this site alone. Check the address
identity-passkey-unable = This device cannot verify you by PIN, fingerprint or face. Set up a screen lock or use another device
identity-passkey-failed = The passkey did not work. Check the connection and try again, or use another way

## Identities at other providers
identity-external-first-title = First time with { $provider }
identity-external-first-lead = { $provider } confirmed who you are. No account here is linked to this identity yet.
identity-external-new = I am new here
identity-external-new-hint = Fill in what is missing and verify your phone. After that { $provider } signs you in.
identity-external-new-do = Create an account
identity-external-have = I already have an account
identity-external-have-hint = Sign in to it once. After that { $provider } signs you in to it as well.
identity-external-have-do = Sign in and link
identity-external-closed = Registration is closed at the moment. If you have an account, you can link it.
identity-external-link-title = Link { $provider } to your account
identity-external-link-lead = After this, { $provider } signs in to the account below. You can unlink it at any time in the security center.
identity-external-link-do = Link
identity-external-link-other = Not the right account?
identity-external-link-other-do = Sign in to another one
identity-external-register-with = You register with { $provider }. Check what is filled in and complete the rest.
identity-external-over = This sign-in has expired, was used already or began in another browser. Begin again.
identity-external-denied = You did not agree at { $provider }, so nothing was passed on.
identity-external-unreachable = { $provider } did not answer in time. Try again in a moment, or use another way.
identity-external-refused = { $provider } did not complete the sign-in. Begin again, or use another way.
identity-external-untrusted = The answer of { $provider } could not be verified, so it was not used. Begin again; if this repeats, tell the platform.
identity-external-disabled = The account that is linked to this { $provider } identity is suspended. Ask your administrator or the platform.
identity-external-linked = { $provider } is linked and can sign you in now
identity-external-already = This { $provider } identity was linked to your account before
identity-external-taken = This { $provider } identity is linked to another account. Sign in to that one and unlink it there first.
identity-external-other = Your account has another { $provider } identity. Unlink that one first.
error-external-unknown = This way to sign in is not available. Choose another one on the sign-in page.
error-external-too-many = Too many sign-ins from here were begun. Try again in { $minutes } min.
error-external-over = This sign-in is over. Begin again at the sign-in page.
error-external-taken = This identity has just been linked to another account. Begin again at the sign-in page.
error-external-unknown-link = There is no such linked identity on your account. It may have been unlinked already.
error-external-last-way-in = This is the only way into your account. Set a password or verify a phone first, then unlink it.

# Step-up
identity-staff-second-wanted = Staff set up a second factor before they reach the desk.
error-staff-second-factor-required = Staff need a second factor to use the desk. Sign in with yours and try again.
identity-verify-again-title = Confirm that it is you
identity-verify-again-lead = To protect your account this action asks for one more proof, good for 10 minutes.
identity-verify-again-lead-second = This action needs a second kind of proof, good for 10 minutes.
identity-verify-again-submit = Verify
identity-verify-again-none = This action needs a second kind of proof, which your account does not have yet. Set up an authenticator app first, then come back.
identity-verify-again-set-up = Set up an authenticator app
identity-verify-again-sms = A code will be sent to your number { $phone }.
identity-verify-again-sent = A code was sent to { $phone }
identity-verify-again-external = Verify with { $name }
identity-verify-again-use-password = Use your password
identity-verify-again-use-sms = Use a code by SMS
identity-verify-again-use-external = Use a linked account
identity-verify-again-cancel = Cancel
identity-verify-again-without = Continue without it
identity-verify-again-over = This proof is no longer good. Choose a way again.
identity-sms-step-up-code = Your verification code is { $code }, valid for { $minutes } minutes. Do not share it. If it was not you, change your password.
error-stepup-other-identity = The account at { $name } is not linked to yours. Use another account or another way.

## Notices of records
identity-notice-record-expiring = A record ends soon
identity-notice-record-expiring-text = { $what } is valid until { $until }. Renew it before then, so that products stay open.
identity-notice-registry-differs = The record differs from the register
identity-notice-registry-differs-text = What { $source } says of { $organization } is not what its record says. Look at the differences and decide.
identity-notice-registry-held = Admissions are suspended
identity-notice-registry-held-text = { $source } shows { $organization } as { $state }, so its admissions are suspended. They return with its registration; if this is wrong, turn to the account manager.
identity-notice-registry-released = Admissions are back
identity-notice-registry-released-text = { $source } shows { $organization } as in existence again, so its admissions are back.
