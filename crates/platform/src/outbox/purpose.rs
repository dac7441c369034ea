//! What messages are for. A room names its purposes with [`purpose!`](crate::purpose), which is the only way to make one, and
//! which lists them: staff sees every text that can be sent before the first one is, and has it approved.
use super::Channel;

/// What messages of a purpose carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Code,
    /// Where the code would be of no use, words that say why.
    CodeOrWords,
    Words,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    name: &'static str,
    content: Content,
    channels: &'static [Channel],
}
impl Purpose {
    /// For the macro alone.
    #[doc(hidden)]
    pub const fn registered(name: &'static str, content: Content, channels: &'static [Channel]) -> Self {
        Self { name, content, channels }
    }
    pub const fn name(self) -> &'static str {
        self.name
    }
    pub const fn content(self) -> Content {
        self.content
    }
    pub fn goes_by(self, channel: Channel) -> bool {
        self.channels.contains(&channel)
    }
}

/// Every purpose of the program, in no order.
#[linkme::distributed_slice]
pub static PURPOSES: [Purpose];

/// `purpose!(pub const PURPOSE = "register", Code by Sms);`
#[macro_export]
macro_rules! purpose {
    ($(#[$meta:meta])* $visibility:vis const $constant:ident = $name:expr, $content:ident by $($channel:ident),+ $(,)?) => {
        $(#[$meta])*
        $visibility const $constant: $crate::Purpose = $crate::Purpose::registered(
            $name,
            $crate::outbox::Content::$content,
            &[$($crate::Channel::$channel),+],
        );
        const _: () = {
            #[$crate::linkme::distributed_slice($crate::outbox::PURPOSES)]
            #[linkme(crate = $crate::linkme)]
            static REGISTERED: $crate::Purpose = $constant;
        };
    };
}
