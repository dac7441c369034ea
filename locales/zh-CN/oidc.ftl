# Consent and choosing the acting space
oidc-consent-title = 登录「{ $product }」
oidc-consent-space = 以哪个身份使用？
oidc-consent-signed-in-as = 当前登录：{ $name }
oidc-consent-space-personal = 个人空间
oidc-consent-unusable = 暂不能使用的身份
oidc-consent-why = 查看原因
oidc-consent-shared = 将提供以下信息
oidc-consent-personal = 您本人
oidc-consent-organization = 所选机构
oidc-consent-organization-data = 机构名称、统一社会信用代码、会员编号、您的角色
oidc-consent-withheld = 不会提供您的密码和证件号码。
oidc-consent-withheld-phone = 不会提供您的密码、手机号和证件号码。
oidc-consent-remember = { $days } 天内以此身份登录时不再询问
oidc-consent-allow = 同意并继续
oidc-consent-deny = 取消
oidc-consent-other-account = 使用其他账号
oidc-consent-find = 查找其他机构
oidc-consent-find-hint = 您所在的机构较多，此处只列出一部分。请输入机构名称中的几个字。
oidc-consent-find-go = 查找
oidc-consent-find-reset = 返回列表
oidc-consent-find-none = 没有名称相符且可以使用的机构。
oidc-data-and = 、
oidc-data-subject = 账号编号
oidc-data-level = 实名等级
oidc-data-name = 姓名
oidc-data-login-name = 登录名
oidc-data-phone = 手机号
oidc-data-email = 邮箱

# Why a product cannot be used

# Signing out
oidc-logout-title = 退出登录
oidc-logout-text = { $name }，退出后需要重新登录才能继续使用，各产品的登录也会结束。
oidc-logout-confirm = 退出登录
oidc-logout-stay = 暂不退出
oidc-logout-done-title = 已退出登录
oidc-logout-done-text = 在公用电脑上，请同时关闭浏览器窗口。
oidc-logout-sign-in-again = 重新登录

# Errors
error-authorize-malformed = 登录请求的参数有误，没有发送任何信息。请回到产品页面重新登录，仍然出现时请联系产品的技术人员
error-client-unknown = 没有找到发起登录的产品，没有发送任何信息。请从产品服务页面重新进入，或联系产品的技术人员
error-client-redirect-uri-unknown = 产品的返回地址没有登记，没有发送任何信息。请联系产品的技术人员登记返回地址
error-client-redirect-uri-invalid = 返回地址不符合要求：使用 https，不含通配符、用户名、井号和分号，路径为标准形式
error-client-redirect-uri-required = 至少填写一个返回地址
error-client-redirect-uri-too-many = 返回地址超过 { $max } 个，请删除不用的地址
error-client-unauthenticated = 客户端身份验证没有通过，请检查 client_id 和 client_secret
error-flow-unknown = 登录请求已过期、已处理，或不在此浏览器中，请回到产品页面重新登录
error-flow-answered = 此登录请求已经处理，请回到产品查看结果
error-logout-client-mismatch = 退出请求与登录凭据不属于同一个产品，没有退出。请回到产品重新操作
error-logout-redirect-uri-unknown = 退出后的返回地址没有登记，没有退出。请联系产品的技术人员登记返回地址
error-decision-space = 没有选择使用身份，请选择后重新提交
error-key-missing = 暂时没有可用的签名密钥，请稍后重试
error-key-unusable = 签名密钥无法使用，请联系平台运维人员
error-flow-too-many = 您所在的网络在短时间内发起了太多登录请求。稍等一分钟后从产品重新进入
error-consent-unknown = 没有这项授权，可能已经撤销

# 登录强度

# Webhooks
error-webhook-url = 通知地址须为 https:// 开头的完整网址，不含用户名、密码和 # 片段
error-webhook-exists = 此产品已登记通知地址
error-webhook-unknown = 此产品没有登记通知地址
error-webhook-paused = 通知已暂停，先恢复再测试
error-webhook-delivery-unknown = 没有找到这条通知

# Machines
oidc-machines = 程序
oidc-machines-intro = 代表本机构调用产品的程序，由产品经理登记；它与成员一样，须机构取得准入才能使用产品。
oidc-machines-none = 没有程序代表本机构
oidc-machines-none-help = 需要程序调用产品时，联系产品经理登记
oidc-machine-name = 名称
oidc-machine-product = 产品
oidc-machine-client = 客户端编号
oidc-machine-since = 登记日期
oidc-machine-now = 现在
oidc-machine-acts = 可以使用
