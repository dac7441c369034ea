# Consent and choosing the acting space
oidc-consent-title = 登录「{ $product }」
oidc-consent-app = 此设备上的应用（{ $scheme }）
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
oidc-logout-connected = 您允许在不在时保持连接的应用不受影响。
oidc-logout-connected-see = 查看
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
error-client-jwks-invalid = 这不是可用的密钥集：应为含“keys”的 JSON 对象，其中有 P-256、Ed25519 或 2048 位以上 RSA 的公钥
error-client-jwks-private = 密钥集里有私钥。只登记公钥部分，并更换这个密钥，因为它已经外泄
error-client-jwks-required = 填写客户端的公钥，或公布公钥的地址
error-client-jwks-twice = 公钥和公钥地址只填写一项
error-client-jwks-without-algorithm = 没有密钥适用于所选算法
error-client-uri-invalid = 地址不符合要求：使用 https，不含用户名和井号
error-client-resource-invalid = 每行填写一个完整地址，不含井号，最多 20 个
error-client-resource-foreign = 其中有属于其他产品的主机。请删除这一行，或由系统管理员填写
error-client-grant-types-invalid = 这些取得令牌的方式不能并用：客户端供人登录，程序只为自己办事
error-client-lifetime-invalid = 有效时间超出范围
error-client-sector-required = 返回地址在多个主机上，请填写列出这些地址的网址，或使用公开的用户标识
error-client-sector-unreadable = 读不到返回地址的清单，给出的地址上应为 JSON 数组
error-client-sector-mismatch = 给出的地址上的清单没有包含全部返回地址
error-client-names-mixed = 该产品已登记通知地址，但其启用中的客户端使用不同的用户标识；请让它们使用同一种
error-client-profile-method = 此安全等级只接受用私钥证明身份的客户端
error-client-profile-algorithm = 此安全等级不接受所选算法
error-client-profile-redirect = 此安全等级的返回地址只能使用 https
error-client-no-secret = 此客户端没有密钥：它用密钥对证明身份，或是公开客户端
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

# Answers, organizations, pushed requests
oidc-send-title = 返回产品
oidc-send-text = 登录已完成。页面没有自动跳转时，请点按钮继续。
oidc-send-on = 继续
oidc-nowhere-title = { $product } 需要代表机构使用
oidc-nowhere-text = { $name }，此账号目前不代表任何机构。
oidc-nowhere-help = 请所在机构的管理员把您加为成员，或自己申请成为经办人。
oidc-nowhere-ask = 申请代表机构办事
oidc-nowhere-back = 返回产品
oidc-consent-offline = 离开之后
oidc-consent-offline-data = 您不在时产品保持连接，直到您撤回授权或到期
oidc-data-verified = 经核验的姓名和核验方式
oidc-logout-by = { $client } 请求为您退出登录。
error-authorize-request-uri-unknown = 这次登录请求已过期或已使用过。请回到产品重新登录
oidc-machine-values = 程序配置所需
oidc-machine-issuer = 发行者
oidc-machine-recipe = 一次请求即可取得令牌：
oidc-machine-secret = 密钥
oidc-machine-rotate = 更换密钥
oidc-machine-rotate-lost = 现用密钥立即失效，程序换上新密钥之前取不到令牌。
error-client-changed-meanwhile = 有人刚修改过此应用。现显示最新内容，核对后重新保存
error-client-too-many = 贵机构在此产品下已有 { $max } 个应用。改用其中不再需要的一个，或请产品经理收回不再使用的应用
error-client-no-developer = 产品没有开发机构，先为产品指定
error-client-consent-required = 开发机构的应用须征得用户同意
error-client-disabled-by-platform = 平台停用了此应用，联系产品经理恢复
error-client-platform-decides = 此项由平台决定，请联系产品经理修改
