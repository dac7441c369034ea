//! A statement whose WHERE depends on what was asked: static fragments, numbered parameters.
use crate::value::Param;

#[derive(Default)]
pub struct Query<'a> {
    sql: String,
    params: Vec<&'a dyn Param>,
    whole: bool,
}
impl<'a> Query<'a> {
    pub fn new(sql: &'static str) -> Self {
        Self { sql: sql.to_owned(), params: Vec::new(), whole: false }
    }
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads as the SQL it adds")]
    pub fn add(mut self, fragment: &'static str) -> Self {
        self.sql.push_str(fragment);
        self
    }
    /// `?` in the fragment stands for the value.
    #[must_use]
    pub fn bind(mut self, fragment: &'static str, value: &'a dyn Param) -> Self {
        self.params.push(value);
        let number = format!("${}", self.params.len());
        self.sql.push_str(&fragment.replace('?', &number));
        self
    }
    /// As `bind`; without a value the fragment is left out.
    #[must_use]
    pub fn opt<T: Param>(self, fragment: &'static str, value: &'a Option<T>) -> Self {
        match value {
            Some(value) => self.bind(fragment, value),
            None => self,
        }
    }
    /// `fragment` with `?` replaced by a list of parameters, for `IN (?)`. An empty list matches nothing.
    #[must_use]
    pub fn list<T: Param>(mut self, fragment: &'static str, values: &'a [T]) -> Self {
        let mut numbers = Vec::with_capacity(values.len());
        for value in values {
            self.params.push(value);
            numbers.push(format!("${}", self.params.len()));
        }
        let numbers = if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(", ") };
        self.sql.push_str(&fragment.replace('?', &numbers));
        self
    }
    /// It may read a whole table that grows, for the reason given; tests refuse every other that does.
    #[must_use]
    pub fn whole(mut self, _reason: &'static str) -> Self {
        self.whole = true;
        self
    }
    pub fn sql(&self) -> &str {
        #[cfg(any(test, feature = "testing"))]
        crate::plan::asked(&self.sql, self.whole);
        &self.sql
    }
    pub fn params(&self) -> &[&'a dyn Param] {
        &self.params
    }
}
