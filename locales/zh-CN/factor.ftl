# 第二验证因素与通行密钥：出了什么问题，该怎么办。
error-totp-code-shape = 输入验证器应用显示的 6 位数字
error-totp-wrong = 动态验证码不正确，{ $left ->
    [0] 暂时不能再试
   *[other] 还可以再试 { $left } 次
  }。检查手机时间是否为自动设置
error-totp-used = 这个动态验证码已经用过，等应用显示下一个再输入
error-totp-locked = 动态验证码错误次数过多，{ $minutes } 分钟后再试，或换一种方式
error-totp-offer-over = 页面停留太久，重新扫描下面的二维码
error-recovery-code-shape = 输入 10 位恢复码，例如 7KD2M-9XQ4R
error-recovery-code-wrong = 恢复码不正确或已用过，{ $left ->
    [0] 暂时不能再试
   *[other] 还可以再试 { $left } 次
  }
error-recovery-code-locked = 恢复码错误次数过多，{ $minutes } 分钟后再试，或换一种方式
error-passkey-over = 通行密钥操作超时，再试一次
error-passkey-unknown = 这里没有这个通行密钥，可能已被删除。换一个通行密钥或换一种方式，并在设备上删除它
error-passkey-refused = 通行密钥验证未通过，再试一次或换一种方式
error-passkey-no-host = 通行密钥需要通过域名访问，当前网站使用的是 IP 地址
error-passkey-too-many = 本网络尝试次数过多，{ $minutes } 分钟后再试，或换一种方式
error-totp-first-wrong = 动态验证码与新密钥不符。检查应用显示的是否为本网站的动态验证码，手机时间是否为自动设置
error-totp-too-many = 最多添加 5 个验证器应用，先删除一个
error-totp-unknown = 没有这个验证器应用，可能已被删除
error-passkey-unknown-key = 没有这个通行密钥，可能已被删除
error-passkey-too-many-keys = 最多添加 10 个通行密钥，先删除一个
error-passkey-last-way-in = 这是您最后一种登录方式。先设置密码、验证手机或添加另一个通行密钥
error-recovery-code-no-factor = 恢复码用来代替第二验证因素，先添加通行密钥或验证器应用
