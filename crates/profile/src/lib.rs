//! The person's own pages: profile, security center, reminders, messages, data, closing.
