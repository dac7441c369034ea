platform-outbox-title = Local outbox
platform-outbox-lead = The demo sends no real messages. They are shown here, newest first.
platform-outbox-refresh = Refresh
platform-outbox-empty = No messages yet. Do something that sends a text message or mail, then refresh this page.
error-setting-out-of-bounds = The value is out of bounds. Choose one from { $least } to { $most }.
error-staff-already = This account is platform staff already. An account has one platform role.
error-staff-role-required = This needs a platform role that your account does not have. Ask a system administrator.
