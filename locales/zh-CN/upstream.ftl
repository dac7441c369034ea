## Clients of other identity providers
error-upstream-config = 无法读取此身份源的配置，可在工作台重新保存。
error-upstream-private-key = 不是 2048 位及以上的 RSA 私钥。粘贴厂商工具生成的应用私钥（PKCS#8 或 PKCS#1）。
error-upstream-public-key = 不是 2048 位及以上的 RSA 公钥。从厂商控制台复制平台公钥。
error-upstream-own-key = 这是应用自身的公钥，需从厂商控制台复制平台公钥（支付宝公钥）。
error-upstream-signing = 无法用此身份源的私钥签名请求。
error-upstream-issuer = 发行方为 https:// 开头的地址，不含查询与片段，与身份源公布的完全一致。
error-upstream-scopes = 权限范围为以空格分隔的单词。
