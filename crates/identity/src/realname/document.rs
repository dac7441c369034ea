//! Identity documents: their types, their numbers' rules, and what a number says about its holder.
use kernel::{Error, ResidentId, Result, resident_id};

db::text_enum!(
    /// What a number is the number of; never guessed from its shape.
    pub enum DocumentType {
        /// 居民身份证, and the residence permits 港澳台居民居住证, whose numbers follow the same standard.
        ResidentId = "resident_id",
        /// 港澳居民来往内地通行证.
        HkMacauPermit = "hk_macau_permit",
        /// 台湾居民来往大陆通行证.
        TaiwanPermit = "taiwan_permit",
        Passport = "passport",
        /// 外国人永久居留身份证.
        ForeignResident = "foreign_resident",
    }
);
impl DocumentType {
    /// Key of the type's name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::ResidentId => "identity-document-resident-id",
            Self::HkMacauPermit => "identity-document-hk-macau-permit",
            Self::TaiwanPermit => "identity-document-taiwan-permit",
            Self::Passport => "identity-document-passport",
            Self::ForeignResident => "identity-document-foreign-resident",
        }
    }
}

/// A document whose number keeps the rules of its type.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    kind: DocumentType,
    number: String,
    /// Of a passport: who issued it, ISO 3166 alpha-3.
    country: Option<String>,
}
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.masked())
    }
}

impl Document {
    /// Blanks, hyphens, full-width digits and lower case are forgiven. `today` is `YYYYMMDD`. Errors at `number`:
    /// `resident_id.invalid`, `document.number_shape`; at `country`: `document.country`.
    pub fn parse(kind: DocumentType, number: &str, country: &str, today: u32) -> Result<Self> {
        let number: String = kernel::text::normalize(number)
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .collect::<String>()
            .to_uppercase();
        let shape = || Error::invalid("document.number_shape").at("number");
        match kind {
            DocumentType::ResidentId => {
                ResidentId::parse(&number, today).map_err(|error| error.at("number"))?;
            }
            DocumentType::HkMacauPermit if !is_hk_macau(&number) => return Err(shape()),
            DocumentType::TaiwanPermit
                if !(matches!(number.len(), 8 | 10) && number.bytes().all(|b| b.is_ascii_digit())) =>
            {
                return Err(shape());
            }
            DocumentType::Passport
                if !((5..=17).contains(&number.len())
                    && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())) =>
            {
                return Err(shape());
            }
            DocumentType::ForeignResident if !is_foreign_resident(&number, today) => return Err(shape()),
            _ => {}
        }
        let country = match kind {
            DocumentType::Passport => Some(parse_country(country)?),
            _ => None,
        };
        Ok(Self { kind, number, country })
    }
    /// A number that was parsed when it was registered.
    pub fn of_resident(id: &ResidentId) -> Self {
        Self { kind: DocumentType::ResidentId, number: id.as_str().to_owned(), country: None }
    }
    pub fn kind(&self) -> DocumentType {
        self.kind
    }
    pub fn number(&self) -> &str {
        &self.number
    }
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }
    /// First and last character alone.
    pub fn masked(&self) -> String {
        kernel::mask::document(&self.number)
    }
    /// One text for all spellings of one document: what the blind index is made of.
    pub fn key(&self) -> String {
        match self.kind {
            // As accounts have always been indexed by it: people sign in with this number.
            DocumentType::ResidentId => self.number.clone(),
            // Two more digits count renewals of the card.
            DocumentType::HkMacauPermit => {
                format!("{}|{}", self.kind, self.number.chars().take(9).collect::<String>())
            }
            _ => format!("{}|{}|{}", self.kind, self.country().unwrap_or(""), self.number),
        }
    }
    /// The public security's code of the type (GA/T 2000.156); codes of our own begin with `X`.
    pub fn code(&self) -> &'static str {
        match self.kind {
            DocumentType::ResidentId => match self.number.get(..2) {
                Some("81") => "X810",
                Some("82") => "X820",
                Some("83") => "X830",
                _ => "111",
            },
            DocumentType::HkMacauPermit => "516",
            DocumentType::TaiwanPermit => "511",
            DocumentType::Passport => "414",
            DocumentType::ForeignResident => "553",
        }
    }
    /// `YYYYMMDD` where the number says it.
    pub fn born(&self) -> Option<u32> {
        let range = match (self.kind, self.number.len()) {
            (DocumentType::ResidentId, 18) | (DocumentType::ForeignResident, 18) => 6..14,
            _ => return None,
        };
        self.number.get(range)?.parse().ok()
    }
    /// Completed years on that day, `YYYYMMDD`.
    pub fn age_on(&self, today: u32) -> Option<u32> {
        // On equal month and day the year is completed, so the difference of the numbers is whole.
        self.born().map(|born| today.saturating_sub(born) / 10_000)
    }
}

fn is_hk_macau(number: &str) -> bool {
    let digits = number.strip_prefix(['H', 'M']).unwrap_or("");
    matches!(digits.len(), 8 | 10) && digits.bytes().all(|b| b.is_ascii_digit())
}
/// The form of 2023 has a check character of its own; of the form of 2017 the rule is not certain, so it is not asked.
fn is_foreign_resident(number: &str, today: u32) -> bool {
    match number.len() {
        18 => {
            let (head, check) = number.as_bytes().split_at(17);
            number.starts_with('9')
                && resident_id::check_character(head) == check.first().copied()
                && number.get(6..14).is_some_and(|born| is_birth_date(born, today))
        }
        15 => {
            let (letters, digits) = number.as_bytes().split_at(3);
            letters.iter().all(u8::is_ascii_uppercase) && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}
/// A real day that is not to come: as resident numbers ask it.
fn is_birth_date(born: &str, today: u32) -> bool {
    let head = format!("110105{born}001");
    let check = resident_id::check_character(head.as_bytes()).map_or('-', char::from);
    ResidentId::parse(&format!("{head}{check}"), today).is_ok()
}
fn parse_country(text: &str) -> Result<String> {
    let text = kernel::text::normalize(text).to_uppercase();
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(text)
    } else {
        Err(Error::invalid("document.country").at("country"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DocumentType::{ForeignResident, HkMacauPermit, Passport, TaiwanPermit};
    const TODAY: u32 = 20_261_121;

    fn parse(kind: DocumentType, number: &str) -> Option<Document> {
        Document::parse(kind, number, "chn", TODAY).ok()
    }
    #[test]
    fn numbers_of_the_reference_are_taken_and_their_errors_refused() {
        let resident = DocumentType::ResidentId;
        for (kind, good) in [
            (resident, "440524188001010014"),
            (resident, "810000189901010015"),
            (resident, "８２０００0189901010025"),
            (resident, "830000 1899-01010035"),
            (HkMacauPermit, "H01234567"),
            (HkMacauPermit, "m01234567"),
            (HkMacauPermit, "H0123456700"),
            (TaiwanPermit, "01234567"),
            (TaiwanPermit, "0123456789"),
            (Passport, "E00000000"),
            (Passport, "ea0000000"),
            (ForeignResident, "931840189901010018"),
            (ForeignResident, "91139218991231002X"),
            (ForeignResident, "UTO310099010114"),
        ] {
            assert!(parse(kind, good).is_some(), "{kind} {good}");
        }
        for (kind, bad) in [
            (resident, "440524188001010015"),
            (resident, "931840189901010018"),
            (HkMacauPermit, "K01234567"),
            (HkMacauPermit, "H1234567"),
            (HkMacauPermit, "H012345678"),
            (TaiwanPermit, "1234567"),
            (TaiwanPermit, "A1234567"),
            (Passport, "E0"),
            (Passport, "E0000000000000000x0"),
            (Passport, "é0000000"),
            (ForeignResident, "931840189901010019"),
            (ForeignResident, "931840189913010018"),
            (ForeignResident, "110105194912310021"),
            (ForeignResident, "ÄÄO310099010114"),
        ] {
            assert!(parse(kind, bad).is_none(), "{kind} {bad}");
        }
        assert!(Document::parse(Passport, "E00000000", "C1", TODAY).is_err());
    }
    #[test]
    fn one_document_has_one_key_however_it_is_spelt() {
        let key = |kind, number| parse(kind, number).unwrap().key();
        assert_eq!(key(HkMacauPermit, "H01234567"), key(HkMacauPermit, "h0123456702"));
        assert_ne!(key(TaiwanPermit, "01234567"), key(Passport, "01234567"));
        let passport = |country| Document::parse(Passport, "E00000000", country, TODAY).unwrap().key();
        assert_ne!(passport("CHN"), passport("USA"));
    }
    #[test]
    fn age_is_counted_in_completed_years() {
        let born = parse(DocumentType::ResidentId, "11010519491231002X").unwrap();
        assert_eq!(born.age_on(20_261_230), Some(76));
        assert_eq!(born.age_on(20_261_231), Some(77));
        assert_eq!(parse(TaiwanPermit, "01234567").unwrap().age_on(TODAY), None);
        assert_eq!(parse(DocumentType::ResidentId, "810000189901010015").unwrap().code(), "X810");
    }
}
