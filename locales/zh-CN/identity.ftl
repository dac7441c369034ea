# 登录
identity-login-title = 登录
identity-login-lead = 使用您的账号登录。登录后可进入个人空间和所在机构的企业空间。
identity-login-again = 为确认是您本人，需要再次登录。
identity-login-name = 账号
identity-login-name-hint = 登录名、手机号或身份证号
identity-login-password = 密码
identity-login-submit = 登录
identity-login-no-account = 没有账号？
identity-choose-title = 选择账号
identity-choose-lead = 此身份证号和密码对应多个账号，选择要登录的账号。
identity-choose-managed = 机构管理的账号
identity-choose-self-owned = 个人账号
identity-choose-submit = 进入所选账号
identity-choose-over = 选择已过期，重新登录即可。
error-signin-name-required = 还没有填写账号，填写登录名、手机号或身份证号
error-signin-wrong = { $left ->
    [0] 账号或密码不正确。错误次数已达上限，稍后再试
   *[other] 账号或密码不正确，还可以再试 { $left } 次
 }
error-signin-locked = 密码错误次数过多，{ $minutes } 分钟后再试
error-signin-disabled = 此账号已停用，需要时联系所在机构的管理员或客户经理
error-signin-temporary-expired = 这个临时密码已过期，联系机构管理员重新发放
error-signin-busy = 登录的人较多，稍等片刻再试
error-session-required = 尚未登录或登录已过期，重新登录后继续

# 图形验证码
identity-captcha-label = 图形验证码
identity-captcha-alt = 含 5 个字符的验证码图片
identity-captcha-question-label = 验证问题
identity-captcha-new-picture = 换一张
identity-captcha-new-question = 换一题
identity-captcha-other-way = 换一种方式
identity-captcha-picture-way = 改用图片
identity-captcha-done = 验证已自动完成
identity-captcha-plus = { $a }加{ $b }等于几？可填数字或汉字
identity-captcha-minus = { $a }减{ $b }等于几？可填数字或汉字
identity-captcha-larger = { $a }和{ $b }，哪个大？可填数字或汉字
identity-number-words = 零 一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十 二十一 二十二 二十三 二十四 二十五 二十六 二十七 二十八 二十九 三十 三十一 三十二 三十三 三十四 三十五 三十六 三十七 三十八 三十九 四十
error-captcha-wrong = 验证码不正确，按新的图片或问题再填一次
error-captcha-missing = 还没有填写验证码，看图或看题填写
error-captcha-stale = 验证码已过期或已用过，按新的图片或问题填写
error-captcha-now-wanted = 为了账号安全，这次登录需要填写验证码
error-captcha-too-many = 验证码错误次数过多，10 分钟后再试

# 注册
identity-register-title = 注册账号
identity-register-lead = 注册后可办理个人业务，也可申请成为企业经办人。
identity-register-steps = 步骤
identity-register-step-data = 填写信息
identity-register-step-phone = 验证手机
identity-register-step-done = 完成
identity-register-next = 下一步：验证手机
identity-register-have-account = 已有账号？
identity-registered = 注册完成，欢迎使用
identity-name = 姓名
identity-name-hint = 与身份证件一致，便于以后实名认证
identity-login-name-own = 登录名
identity-login-name-own-hint = 4 至 32 位，以字母开头，可含字母、数字、点、下划线和短横线
identity-phone = 手机号
identity-phone-hint = 用于登录和验证身份
identity-document-optional = 填写身份证号（可选）
identity-document = 身份证号
identity-document-hint = 填写后可用身份证号登录；加密保存，未经实名认证前不代表身份
identity-document-consent = 我同意平台为登录和日后的实名认证处理我的身份证号（敏感个人信息）
identity-agree-before = 我已阅读并同意
identity-agree-between = 和
error-account-name-shape = 姓名只能含文字、间隔号和空格，至少两个字，按证件上的姓名填写
error-account-login-name-taken = 这个登录名已被使用，换一个登录名
error-account-phone-taken = 这个手机号已验证在另一个账号上，用该账号登录，或换一个手机号
error-account-person-taken = 此人已有同类账号，用已有账号登录
error-account-unknown = 账号不存在，返回列表重新选择
error-account-state-conflict = 账号状态已变化，刷新页面后再试
error-registration-closed = 平台目前不开放自行注册，联系所在机构的管理员开通账号
error-registration-agree = 注册需要先同意用户协议和隐私政策
error-registration-document-consent = 填写身份证号需要单独同意，勾选同意或清空身份证号
error-registration-too-many = 尝试的登录名过多，{ $minutes } 分钟后再试

# 短信验证码
identity-verify-title = 验证手机
identity-verify-lead = 短信验证码已发送至 { $phone }
identity-verify-submit = 完成注册
identity-verify-back = 返回修改信息
identity-verify-over = 验证已过期或已完成，重新填写后再次获取短信验证码。
identity-code = 短信验证码
identity-code-hint = 6 位数字
identity-code-not-there = 没有收到？
identity-code-resend = 重新发送
identity-code-resend-wait = { "{n}" } 秒后可重新发送
identity-code-resent = 新的短信验证码已发送，以前的不再有效
identity-sms-register-code = 【符节】您的注册验证码是 { $code }，{ $minutes } 分钟内有效。请勿转告他人。
identity-sms-registered-already = 【符节】有人用您的手机号注册账号，而该号码已有账号。如是您本人，请直接登录：{ $url }；如非本人，无需处理。
error-code-shape = 短信验证码是 6 位数字，核对短信后再填
error-code-wrong = 短信验证码不正确，还可以再试 { $left } 次
error-code-exhausted = 错误次数过多，这个验证码已失效，重新发送后再试
error-code-wait = { $seconds } 秒后可再次发送短信验证码
error-code-too-many = 发送短信验证码过于频繁，{ $minutes } 分钟后再试

# 密码
identity-set-password = 设置密码
identity-new-password = 新密码
identity-current-password = 当前密码
identity-password-hint = 至少 { $least } 位，避开常见密码、姓名、手机号和证件号
identity-password-hint-mixed = 至少 { $least } 位，含字母和数字，避开常见密码、姓名、手机号和证件号
identity-password-title = 修改密码
identity-password-title-forced = 设置自己的密码
identity-password-lead = 修改后，其他设备上的登录会全部退出。
identity-password-forced = 您正在使用发放的临时密码，先设置自己的密码再继续。
identity-password-submit = 保存密码
identity-password-changed = 密码已修改，其他设备上的登录已退出
identity-back = 返回
error-password-required = 还没有填写密码
error-password-too-long = 密码过长，最多 256 字节
error-password-too-short = 密码太短，至少 { $least } 位
error-password-same-as-identifier = 密码不能与登录名或手机号相同，换一个密码
error-password-common = 这个密码太常见，容易被猜到，换一个密码
error-password-letters-and-digits = 密码须同时含字母和数字
error-password-classes = 密码的字符种类太少，大写字母、小写字母、数字、其他字符中至少用 { $least } 类
error-password-personal = 密码与姓名、登录名、手机号或证件号太接近，知道您的人容易猜到，换一个无关的密码
error-password-weak = 密码太容易猜到，加长一些，或用几个不相关的词组成
error-password-breached = 这个密码出现在已泄露的密码名单中，换一个没有用过的密码
error-password-used-before = 这个密码最近用过，不能与最近 { $count } 个密码相同，换一个新密码
identity-password-hint-classes = 至少 { $least } 位，含大写字母、小写字母、数字、其他字符中的至少 { $classes } 类，避开姓名、手机号和证件号
identity-password-overdue = 您的密码已超过使用期限，设置新密码后继续。
error-password-unchanged = 新密码与当前密码相同，换一个新密码
error-password-current-wrong = { $left ->
    [0] 当前密码不正确。错误次数已达上限，稍后再试
   *[other] 当前密码不正确，还可以再试 { $left } 次
 }
error-password-current-locked = 当前密码错误次数过多，{ $minutes } 分钟后再试
error-password-changed-meanwhile = 密码刚在别处修改过，用新密码重新登录后再试
error-password-change-required = 使用的是临时密码，先设置自己的密码

# 实名级别、设备
identity-level-unverified = 未实名
identity-level-primary = 初级实名
identity-level-intermediate = 中级实名
identity-level-advanced = 高级实名
identity-device = { $system } 上的 { $browser }
identity-device-unknown = 未知设备

# 协议
identity-document-version = 版本 { $version }
identity-terms-title = 用户协议
identity-terms-link = 用户协议
identity-terms-1 = 账号由您本人使用。不得出借、转让账号，不得把密码、短信验证码告知他人。
identity-terms-2 = 您以本人名义或经授权以机构名义办理业务。以机构名义办理时，操作记入该机构的操作记录，机构管理员可以查看。
identity-terms-3 = 您应如实填写信息并在变化后及时更新。信息不实造成的后果由填写人承担。
identity-terms-4 = 平台对登录和办理业务的操作留存审计记录，用于安全和追溯。
identity-terms-5 = 账号出现异常时，平台可以暂停其使用，并告知恢复的办法。您可以随时停止使用并申请注销账号。
identity-privacy-title = 隐私政策
identity-privacy-link = 隐私政策
identity-privacy-1 = 注册时收集姓名、登录名和手机号，用于登录和联系。身份证号仅在您单独同意后收集。
identity-privacy-2 = 姓名、手机号和证件号码加密保存，页面上默认脱敏显示，完整查看须再次验证并留存记录。
identity-privacy-3 = 登录时记录时间、网络地址和浏览器类型，用于保障账号安全，您可以在账号设置中查看。
identity-privacy-4 = 登录所连产品时，仅向该产品提供您确认的信息。未经您同意不向其他方提供，法律另有规定的除外。
identity-privacy-5 = 您可以查看、更正自己的信息，撤回同意，或注销账号；注销后按法律规定的期限留存必要记录。

identity-recover-title = 忘记密码
identity-recover-lead = 谁为您开立账号，就由谁为您重置密码。重置后您会得到只显示一次的初始密码，登录后改为自己的密码。
identity-recover-member = 机构成员
identity-recover-member-how = 联系本机构的管理员，在「人员账号管理」中打开您的账号并重置密码
identity-recover-administrator = 机构管理员和法定代表人
identity-recover-administrator-how = 联系平台的客户经理，在机构档案的「机构管理人员」中重置密码
identity-recover-person = 自行注册的账号
identity-recover-person-how = 目前还不能自助找回密码；账号和已有的授权都会保留
identity-recover-back = 返回登录

# 消息与提醒
identity-notice-sms = 【符节】{ $text }
identity-notice-mail = { $title }

 { $text }

 此邮件由系统发出，无需回复。提醒方式可在“个人空间 - 提醒设置”中更改。
identity-notice-password-changed = 登录密码已修改
identity-notice-password-changed-text = 您的账号 { $login_name } 的登录密码已于 { $at } 修改，其他设备已退出登录。如非本人操作，立即用“忘记密码”找回账号。
identity-notice-password-reset = 登录密码已被重置
identity-notice-password-reset-text = 您的账号 { $login_name } 的登录密码已于 { $at } 由管理员重置，所有设备已退出登录。有疑问时联系所在机构的管理员。
identity-notice-recovered = 账号已找回并设置新密码
identity-notice-recovered-text = 您的账号 { $login_name } 已于 { $at } 通过找回流程设置了新密码，所有设备已退出登录。如非本人操作，立即用“忘记密码”重新找回。
identity-notice-phone-bound = 手机号已绑定
identity-notice-phone-bound-text = 您的账号 { $login_name } 已于 { $at } 绑定手机号 { $new }，可用它登录和找回密码。如非本人操作，立即登录修改密码并退出其他设备。
identity-notice-phone-changed = 手机号已更换
identity-notice-phone-changed-text = 您的账号 { $login_name } 的手机号已于 { $at } 更换为 { $new }，原手机号不能再登录。如非本人操作，立即登录修改密码并退出其他设备，或联系客服。
identity-notice-phone-set = 手机号已由管理员更换
identity-notice-phone-set-text = 您的账号 { $login_name } 绑定的手机号已于 { $at } 由机构管理员更换，原号码不能再用于登录。如非本人要求，联系机构管理员核实。
identity-notice-phone-released = 手机号已被他人验证
identity-notice-phone-released-text = 手机号 { $old } 已于 { $at } 由他人验证并使用，不能再登录您的账号 { $login_name }。如果仍在使用此号码，用其他方式登录后重新验证；否则绑定新的手机号。
identity-notice-email-bound = 邮箱已绑定
identity-notice-email-bound-text = 您的账号 { $login_name } 已于 { $at } 绑定邮箱 { $new }，可用它找回密码和接收提醒。如非本人操作，立即登录修改密码并退出其他设备。
identity-notice-email-changed = 邮箱已更换
identity-notice-email-changed-text = 您的账号 { $login_name } 的邮箱已于 { $at } 更换为 { $new }。如非本人操作，立即登录修改密码并退出其他设备，或联系客服。
identity-notice-login-name-changed = 登录名已修改
identity-notice-login-name-changed-text = 您的账号的登录名已于 { $at } 由 { $old } 改为 { $new }。如非本人操作，立即登录修改密码并退出其他设备。
identity-notice-factor-added = 已添加验证方式
identity-notice-factor-added-text = 您的账号 { $login_name } 已于 { $at } 添加“{ $factor }”。如非本人操作，立即登录删除并修改密码。
identity-notice-factor-removed = 已删除验证方式
identity-notice-factor-removed-text = 您的账号 { $login_name } 已于 { $at } 删除“{ $factor }”。如非本人操作，立即登录修改密码并退出其他设备。
identity-notice-identity-linked = 已关联其他身份
identity-notice-identity-linked-text = 您的账号 { $login_name } 已于 { $at } 关联“{ $provider }”，可用它登录。如非本人操作，立即登录解除关联并修改密码。
identity-notice-identity-unlinked = 已解除关联
identity-notice-identity-unlinked-text = 您的账号 { $login_name } 已于 { $at } 解除与“{ $provider }”的关联。如非本人操作，立即登录修改密码并退出其他设备。
identity-notice-questions-set = 密保问题已设置
identity-notice-questions-set-text = 您的账号 { $login_name } 的密保问题已于 { $at } 设置。如非本人操作，立即登录重新设置并修改密码。
identity-notice-questions-removed = 密保问题已删除
identity-notice-questions-removed-text = 您的账号 { $login_name } 的密保问题已于 { $at } 删除。如非本人操作，立即登录重新设置并修改密码。
identity-notice-real-name-proven = 实名认证已完成
identity-notice-real-name-proven-text = 您的账号 { $login_name } 已于 { $at } 完成实名认证，方式：{ $method }。
identity-notice-real-name-removed = 实名认证已解除
identity-notice-real-name-removed-text = 您的账号 { $login_name } 已于 { $at } 解除一项实名认证，方式：{ $method }。依赖它的业务可能无法办理。如非本人操作，立即修改密码。
identity-notice-dispute-opened = 有人以您的身份信息申请实名
identity-notice-dispute-opened-text = { $at }，另一账号以与您的账号 { $login_name } 相同的身份信息申请实名认证，平台正在核实。在核实完成前，您的账号不受影响。
identity-notice-dispute-decided = 实名争议已处理
identity-notice-dispute-decided-text = 与您的账号 { $login_name } 有关的实名争议已于 { $at } 处理完成，登录后查看实名认证的结果。
identity-notice-closing = 账号将被注销
identity-notice-closing-text = 您的账号 { $login_name } 已于 { $at } 申请注销，将于 { $due } 注销。在此之前登录即可撤销。如非本人操作，立即登录撤销并修改密码。
identity-notice-closing-undone = 已撤销注销
identity-notice-closing-undone-text = 您的账号 { $login_name } 的注销申请已于 { $at } 撤销，账号照常使用。
identity-notice-data-taken = 个人数据已下载
identity-notice-data-taken-text = 您的账号 { $login_name } 的个人数据已于 { $at } 下载。如非本人操作，立即修改密码并退出其他设备。
identity-notice-new-device = 新设备登录
identity-notice-new-device-text = 您的账号 { $login_name } 于 { $at } 在新设备（{ $device }，地址 { $address }）登录。如非本人操作，立即登录退出该设备并修改密码。
identity-notice-access-requested = 有新的授权申请
identity-notice-access-requested-text = { $applicant } 申请使用“{ $product }”，等待您在 { $organization } 的企业空间处理。
identity-notice-request-approved = 授权申请已通过
identity-notice-request-approved-text = 您在 { $organization } 提交的“{ $product }”使用申请已通过，现在可以使用。
identity-notice-request-rejected = 授权申请未通过
identity-notice-request-rejected-text = 您在 { $organization } 提交的“{ $product }”使用申请未通过，意见：{ $note }
identity-notice-proof-approved = 实名申请已通过
identity-notice-proof-approved-text = 您的账号 { $login_name } 提交的实名认证申请已于 { $at } 通过。
identity-notice-proof-rejected = 实名申请未通过
identity-notice-proof-rejected-text = 您的账号 { $login_name } 提交的实名认证申请已于 { $at } 退回，意见：{ $note }
identity-notice-grant-given = 已获得产品授权
identity-notice-grant-given-text = { $organization } 已授权您使用“{ $product }”。
identity-notice-grant-revoked = 产品授权已取消
identity-notice-grant-revoked-text = { $organization } 已取消您对“{ $product }”的使用授权。有疑问时联系机构管理员。
identity-notice-membership-suspended = 机构身份已停用
identity-notice-membership-suspended-text = 您在 { $organization } 的身份已停用，暂时不能为该机构办事。有疑问时联系机构管理员。
identity-notice-membership-resumed = 机构身份已恢复
identity-notice-membership-resumed-text = 您在 { $organization } 的身份已恢复，可以继续为该机构办事。
identity-notice-membership-ended = 机构身份已结束
identity-notice-membership-ended-text = 您在 { $organization } 的身份已结束，不能再为该机构办事。有疑问时联系机构管理员。
error-notice-unknown = 没有这条消息，可能已经删除
error-reminder-security-silent = 账号安全提醒至少保留一种方式，勾选短信或邮件

# Documents
identity-document-resident-id = 居民身份证（含港澳台居民居住证）
identity-document-hk-macau-permit = 港澳居民来往内地通行证
identity-document-taiwan-permit = 台湾居民来往大陆通行证
identity-document-passport = 护照
identity-document-foreign-resident = 外国人永久居留身份证
error-document-number-shape = 证件号码格式不正确，核对后重新填写
error-document-country = 签发国家或地区为三位字母代码，如 CHN
identity-sms-contact-code = 【符节】您正在绑定手机号，验证码是 { $code }，{ $minutes } 分钟内有效。请勿转告他人。
identity-mail-contact-code = 您正在将此邮箱绑定到符节账号，验证码是 { $code }，{ $minutes } 分钟内有效。请勿转告他人。如非本人操作，无需处理。
error-account-phone-same = 这就是目前绑定的手机号，换一个号码再继续
error-account-email-same = 这就是目前绑定的邮箱，换一个邮箱再继续
error-account-phone-just-proven = 这个手机号刚刚由另一账号验证并绑定，确认号码后重新获取验证码
error-profile-not-editable = 此项不能自行修改，联系所在机构的管理员修改
error-profile-name-proven = 姓名已经实名认证，只能通过新的实名认证更改
error-account-closing-managed = 这是机构管理的账号，由机构管理员删除
error-account-closing-already = 此账号已申请注销

# Ways to sign in
identity-ways = 登录方式
identity-way-password = 密码
identity-way-sms = 短信
identity-way-passkey = 通行密钥
identity-way-scan = 扫码
identity-way-others = 用其他平台的账号登录
identity-login-sms-title = 短信登录
identity-login-sms-lead = 向已验证的手机号发送验证码，无需密码。
identity-login-sms-send = 获取短信验证码
identity-login-sms-sent = 如果 { $phone } 已绑定账号，短信验证码已发送到该手机号。
identity-login-sms-code = 短信验证码
identity-login-sms-other = 更换手机号
identity-login-sms-over = 验证码已使用或已过期，重新获取后登录。
identity-login-sms-unconfirmed = 该手机号长时间未确认，不能单独用于登录。用密码登录后，可在安全中心重新验证手机号。
identity-sms-sign-in-code = 【符节】登录验证码 { $code }，{ $minutes } 分钟内有效。非本人操作时忽略，切勿告诉他人。

# Second step
identity-second-title = 第二步验证
identity-second-lead = 正在登录 { $name }。第一步已通过，还需要一项验证。
identity-second-totp = 动态验证码
identity-second-totp-hint = 验证器应用中显示的 6 位数字
identity-second-recovery = 恢复码
identity-second-recovery-hint = 保存的 10 位恢复码之一，每个只能使用一次
identity-second-passkey = 使用本机或安全密钥上的通行密钥完成验证。
identity-second-remember = { $days } 天内在此浏览器上不再询问
identity-second-submit = 验证并登录
identity-second-use-totp = 使用动态验证码
identity-second-use-passkey = 使用通行密钥
identity-second-use-recovery = 使用恢复码
identity-second-cancel = 取消，换一种方式登录
identity-second-over = 第二步验证已过期或尝试次数过多，重新登录。

# Scan to sign in
identity-scan-title = 扫码登录
identity-scan-lead = 用已登录的手机扫描二维码，并在手机上确认。
identity-scan-picture = 登录二维码，地址为 { $address }
identity-scan-code-lead = 无法扫描时，在已登录的手机或电脑上打开 { $address }，输入：
identity-scan-minutes = 2 分钟内有效
identity-scan-waiting = 等待手机确认
identity-scan-check = 已在手机上确认
identity-scan-new = 换一个二维码
identity-scan-approved = 手机已确认，可以登录。
identity-scan-finish = 登录
identity-scan-refused = 手机上拒绝了这次登录。
identity-scan-expired = 二维码已过期。
identity-scan-over = 这次扫码登录已失效，换一个二维码再试。
identity-scan-type-title = 确认另一台设备登录
identity-scan-type-lead = 输入另一台设备上显示的 8 位代码。
identity-scan-type-code = 代码
identity-scan-type-submit = 下一步
identity-scan-ask-title = 在另一台设备上登录
identity-scan-ask-lead = 有一台设备要以 { $name } 的身份登录。
identity-scan-ask-warning = 仅当您正看着这台设备的屏幕时才确认。如果是别人发来的二维码或代码，拒绝它：确认后对方就能进入您的账号。
identity-scan-browser = 浏览器
identity-scan-system = 操作系统
identity-scan-address = 网络地址
identity-scan-address-same = 与本机相同
identity-scan-at = 请求时间
identity-scan-unknown = 未知
identity-scan-approve = 确认登录
identity-scan-refuse = 拒绝
identity-scan-done = 已确认，那台设备可以登录了
identity-scan-done-refused = 已拒绝这次登录
identity-scan-gone = 二维码已过期或已被处理，在那台设备上换一个再试。
error-scan-code-shape = 代码为 8 位字母和数字，核对后重新输入。
error-scan-code-unknown = 没有这个代码，或它已过期。核对另一台设备的屏幕。
error-scan-too-many = 尝试次数过多，{ $minutes } 分钟后再试。

# 通行密钥
identity-passkey-title = 使用通行密钥登录
identity-passkey-lead = 使用此设备的指纹、面容或锁屏密码登录，也可以使用安全密钥。密钥保存在您的设备上，平台不会收到您的指纹或面容。
identity-passkey-submit = 使用通行密钥登录
identity-passkey-second-submit = 用通行密钥继续
identity-passkey-none = 没有通行密钥？用其他方式登录后，可以在安全中心添加。
identity-passkey-use-password = 使用密码登录
identity-passkey-missing = { $browser } 无法使用通行密钥
identity-passkey-missing-below = 换用下面的其他方式。
identity-passkey-noscript = 通行密钥需要脚本，当前浏览器已关闭脚本
identity-passkey-no-host = 当前网址无法使用通行密钥
identity-passkey-no-host-text = 通行密钥与域名绑定，而当前网站使用的是 IP 地址。换一种方式，或向管理方索取带域名的网址。
identity-passkey-cancelled = 没有完成验证，或此设备没有本网站的通行密钥。再试一次或换一种方式
identity-passkey-exists = 此设备上已有您的通行密钥
identity-passkey-insecure = 浏览器只允许在本网站的正式网址使用通行密钥，检查网址是否正确
identity-passkey-unable = 此设备无法用 PIN 码、指纹或面容验证您的身份。设置锁屏密码，或换一台设备
identity-passkey-failed = 通行密钥没有成功。检查网络后再试一次，或换一种方式

## Identities at other providers
identity-external-first-title = 首次使用{ $provider }
identity-external-first-lead = { $provider }已确认您的身份，此身份尚未绑定本平台账号。
identity-external-new = 我是新用户
identity-external-new-hint = 补全资料并验证手机，之后可用{ $provider }登录。
identity-external-new-do = 注册账号
identity-external-have = 已有账号
identity-external-have-hint = 登录一次完成绑定，之后也可用{ $provider }登录该账号。
identity-external-have-do = 登录并绑定
identity-external-closed = 目前未开放注册。已有账号的，可以绑定。
identity-external-link-title = 绑定{ $provider }
identity-external-link-lead = 绑定后，{ $provider }可登录以下账号，您可随时在安全中心解除。
identity-external-link-do = 绑定
identity-external-link-other = 不是这个账号？
identity-external-link-other-do = 登录其他账号
identity-external-register-with = 正在使用{ $provider }注册，核对已填内容并补全其余部分。
identity-external-registered = 账号已开通，可使用{ $provider }登录
identity-external-over = 本次登录已过期、已使用或由其他浏览器发起，重新开始即可。
identity-external-denied = 您未在{ $provider }同意授权，未传递任何信息。
identity-external-unreachable = { $provider }未及时应答，稍后重试或改用其他方式。
identity-external-refused = { $provider }未完成登录，重新开始或改用其他方式。
identity-external-untrusted = { $provider }的应答未通过核验，未予采用。重新开始即可；若反复出现，可告知平台。
identity-external-disabled = 此{ $provider }身份绑定的账号已停用，可联系您的管理员或平台。
identity-external-linked = 已绑定{ $provider }，可用其登录
identity-external-already = 此{ $provider }身份此前已绑定您的账号
identity-external-taken = 此{ $provider }身份已绑定其他账号，需先登录该账号解除绑定。
identity-external-other = 您的账号已绑定另一个{ $provider }身份，需先解除。
error-external-unknown = 此登录方式不可用，可在登录页选择其他方式。
error-external-too-many = 从此处发起的登录过多，{ $minutes } 分钟后再试。
error-external-over = 本次登录已结束，可在登录页重新开始。
error-external-unknown-link = 您的账号没有此项绑定，可能已解除。
error-external-last-way-in = 这是您账号唯一的登录方式，先设置密码或验证手机，再解除绑定。
