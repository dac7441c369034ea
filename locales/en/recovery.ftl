# Recovery
recovery-title = Recover your password
recovery-begin-lead = Name your account and prove that it is yours, then set a new password.
recovery-steps = Steps
recovery-step-account = Account
recovery-step-way = Way
recovery-step-proof = Proof
recovery-step-password = New password
recovery-step-finished =  (done)
recovery-identifier = Account
recovery-identifier-hint = Login name, mobile number or resident identity number. The identity number means your own account; for one that an organization made, use its login name
recovery-next-way = Next: choose a way
recovery-next-proof = Next: prove it
recovery-go-on = Go on
recovery-to-login = Back to sign-in
recovery-account = Account
recovery-account-other = Another account
recovery-ways = Ways
recovery-way-lead = Choose how to prove that it is you. Then you set a new password.
recovery-way-lead-more = Choose another way.
recovery-more = The first proof is done, one more is needed
recovery-more-why = The account has a higher real-name level, or its number was not confirmed for a while.
recovery-more-now = One more proof is needed before the new password
recovery-way-silence = To protect accounts, this page does not say which ways are set up. If the one you chose brings nothing, choose another.
recovery-no-way = The platform has closed recovery. See below who can help.
recovery-way-sms = Phone
recovery-way-sms-hint = A code by SMS to the number on the account
recovery-way-mail = Mail
recovery-way-mail-hint = A code to the mailbox on the account
recovery-way-questions = Security questions
recovery-way-questions-hint = Answer the questions that you set
recovery-questions-by-name = To protect accounts, security questions are asked by login name only.
recovery-questions-begin = Begin with your login name
recovery-way-alipay = Alipay
recovery-way-alipay-hint = Sign in to the Alipay account that is linked
recovery-verify-title = Prove that it is you
recovery-sms-lead = If the account has a number, a code was sent to it. It is valid for { $minutes } minutes.
recovery-mail-lead = If the account has a mailbox, a code was sent to it. It is valid for { $minutes } minutes.
recovery-questions-ask = If the account has security questions, answer them as you did then.
recovery-answers-hint = Width, case and blanks do not count
recovery-alipay-lead = Sign in to the Alipay account that is linked to this account.
recovery-alipay-go = Go to Alipay
recovery-alipay-go-to = Go to { $name }
recovery-alipay-several = Choose the one that you used when you linked it. If you do not remember, try one after the other.
recovery-code = Code
recovery-code-hint = 6 digits
recovery-code-not-there = No message?
recovery-resend = Send again
recovery-resend-wait = Send again in { "{n}" } s
recovery-code-again = If the account has that way, a new code was sent; earlier ones are no longer valid
recovery-other-way = Another way
recovery-factor-title = Second factor
recovery-factor-lead = This account has a second factor, which recovery asks for too.
recovery-factor-code = Code of the app
recovery-factor-code-hint = The 6 digits that your authenticator app shows
recovery-factor-passkey = Use a passkey
recovery-factor-lost = Use a recovery code
recovery-factor-recovery-code = Recovery code
recovery-factor-recovery-code-hint = One of the codes that you kept; each works once
recovery-factor-use-code = Use this code
recovery-password-title = Set a new password
recovery-password-lead = Afterwards every device is signed out; sign in with the new password.
recovery-new-password = New password
recovery-password-submit = Save password
recovery-done = Your new password is set and every device is signed out. Sign in with it.
recovery-over = This recovery has expired or is done. Begin again.
recovery-help = Cannot recover by yourself?
recovery-help-member = Members of an organization
recovery-help-member-how = Ask an administrator of your organization to open your account under “Members” and reset the password
recovery-help-administrator = Administrators and legal representatives
recovery-help-administrator-how = Ask the platform's account manager to reset the password in your organization's record
recovery-help-person = Accounts that you created yourself
recovery-help-person-how = Create a new account and verify your real name in it. As your identity has an account already, the platform's staff check who you are and move it to the new one. If you were verified at the counter, they can remove the second factors of the old one instead
error-recovery-way-required = No way is chosen yet. Choose one.
error-recovery-wrong = { $left ->
    [0] That is not correct. There are no attempts left, try later or choose another way.
    [one] That is not correct. You have one more attempt.
   *[other] That is not correct. You have { $left } more attempts.
 }
error-recovery-wrong-proof = That is not correct. Try again or choose another way.
error-recovery-wrong-code = { $left ->
    [one] The code is not correct. You have one more attempt.
   *[other] The code is not correct. You have { $left } more attempts.
 }
error-recovery-wait = { $seconds ->
    [one] You can send another code in one second, or choose another way.
   *[other] You can send another code in { $seconds } seconds, or choose another way.
 }
error-recovery-code-over = This code is no longer valid. Send another one or choose another way.
error-recovery-too-many = { $minutes ->
    [one] Too many attempts. Try again in one minute or choose another way.
   *[other] Too many attempts. Try again in { $minutes } minutes or choose another way.
 }
error-recovery-foreign = This Alipay account does not prove that account. Try with the one that is linked, or choose another way.

# Messages
recovery-sms-code = Your code for recovering the password is { $code }, valid for { $minutes } minutes. If it was not you, give it to nobody.
recovery-mail-code = Your code for recovering the password of your account is { $code }, valid for { $minutes } minutes. Enter it only on the page that you opened. If it was not you, ignore this message and give the code to nobody.
recovery-message-suspended = Somebody tried to recover the password of your account. It is suspended and cannot be recovered; ask your administrator or account manager.

# Security questions
recovery-crumbs = Breadcrumbs
recovery-crumb-me = Personal space
recovery-crumb-security = Security center
recovery-back = Back
recovery-questions-title = Security questions
recovery-questions-lead = Set three questions that prove who you are when you forget your password. To be asked them, begin with your login name.
recovery-questions-none = Not set
recovery-questions-there = Set
recovery-questions-current = Your questions
recovery-questions-set-at = Set at { $at }
recovery-questions-set = Set security questions
recovery-questions-change = Change security questions
recovery-questions-advice = Choose answers that only you know and that will not change. Only a digest is kept that nobody can read back.
recovery-questions-number = Question { $n }
recovery-questions-question = Question
recovery-questions-own = A question of my own
recovery-questions-own-label = Your own question
recovery-questions-own-hint = Only with “A question of my own”; strangers are not shown it
recovery-questions-answer = Answer
recovery-questions-answer-hint = At least 2 characters, three different answers; width, case and blanks do not count
recovery-questions-save = Save questions
recovery-questions-saved = Security questions saved
recovery-questions-remove = Remove questions
recovery-questions-remove-hint = Without them this way back is closed
recovery-questions-removed = Security questions removed
recovery-question-own-veiled = Your own question (not shown here, to protect the account)
recovery-question-first-teacher = Name of your first class teacher
recovery-question-desk-mate = Name of a desk mate at secondary school
recovery-question-first-friend = Name of your first close friend
recovery-question-childhood-nickname = Your nickname as a child
recovery-question-childhood-street = Street or village of your childhood
recovery-question-grandmother-home = Birthplace of your mother's mother
recovery-question-parents-met = Where your parents met
recovery-question-first-superior = Name of your first superior
recovery-question-first-job = Your first employer
recovery-question-first-pet = Name of your first pet
recovery-question-first-trip = Where you went on your first trip alone
recovery-question-dearest-book = The book that changed you most
error-question-required = No question is chosen. Choose one from the list.
error-question-twice = This question is there twice. Choose another one.
error-question-answer-required = The answer is missing.
error-question-answer-short = The answer is too short. Use at least 2 characters.
error-question-answer-known = The answer must not be your name, login name or number. Choose another one.
error-question-answer-in-question = The answer stands in a question. Choose another one.
error-question-answers-equal = This answer is the same as one before. The three must differ.
