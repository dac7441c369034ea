//! Clients of other identity providers: Alipay, WeChat, DingTalk, OpenID Connect. No database.
