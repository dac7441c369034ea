platform-outbox-title = 待发消息
platform-outbox-lead = 演示环境不会真正发出短信和邮件，消息显示在这里，最新的在前。
platform-outbox-refresh = 刷新
platform-outbox-empty = 还没有消息。需要发送短信或邮件的操作完成后，刷新此页。
error-setting-out-of-bounds = 设置值超出范围，允许 { $least } 至 { $most }
error-staff-already = 该账号已是平台人员，一个账号只能担任一种平台角色
error-staff-role-required = 此操作需要相应的平台角色，需要时联系系统管理员
