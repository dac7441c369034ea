//! The four ways back to a lost password, and the security questions.
