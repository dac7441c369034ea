//! Made-up names, numbers and firms: the n-th is always the same. Family names are as uneven as real ones.

const FAMILY: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";
const GIVEN: &str = "明伟芳娜敏静秀丽强磊军洋勇艳杰娟涛超霞平刚桂英文华玉兰建国红梅志鹏飞宇浩然思远雨晨子轩欣怡佳慧诗涵梓萱俊豪嘉琪晓东海燕春雷雪峰立新庆云振宏光辉永康泽民家豪天佑若曦语桐沐辰亦菲书瑶景行怀瑾知微望舒清和承安以宁星河长风南乔北辰凌霄如松一诺可欣婉婷美琳少华继业学勤守正德润";
const PLACES: &str = "澄江远帆青岚临川栖霞云和松原长汀望海金湾安澜沙洲梅岭龙津白石芦浦秋浦竹溪";
const TRADES: [&str; 12] =
    ["贸易", "科技", "物流", "能源", "建材", "食品", "纺织", "仪器", "软件", "农业", "咨询", "期货"];

/// A number that scatters: the same for the same input.
pub fn scattered(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
/// The beginning of the list is taken more often than its end.
fn uneven(list: &[char], n: u64) -> char {
    let part = (n % 10_000) as f64 / 10_000.0;
    let place = (part * part * list.len() as f64) as usize;
    list.get(place).copied().unwrap_or('某')
}

pub struct Names {
    family: Vec<char>,
    given: Vec<char>,
    places: Vec<char>,
}
impl Names {
    pub fn new() -> Self {
        Self {
            family: FAMILY.chars().collect(),
            given: GIVEN.chars().collect(),
            places: PLACES.chars().collect(),
        }
    }
    /// Two or three characters.
    pub fn person(&self, n: u64) -> String {
        let x = scattered(n);
        let mut name = String::new();
        name.push(uneven(&self.family, x >> 8));
        name.push(uneven(&self.given, x >> 24));
        if !(x & 7).is_multiple_of(5) {
            name.push(uneven(&self.given, x >> 40));
        }
        name
    }
    /// Full and short name.
    pub fn firm(&self, n: u64) -> (String, String) {
        let x = scattered(n ^ 0x00f1_5a11);
        let place = (x % (self.places.len() as u64 / 2)) as usize * 2;
        let place: String = self.places.iter().skip(place).take(2).collect();
        let own: String = [uneven(&self.given, x >> 16), uneven(&self.given, x >> 32)].into_iter().collect();
        let trade = TRADES.get((x >> 48) as usize % TRADES.len()).copied().unwrap_or_default();
        let short = format!("{place}{own}{trade}");
        (format!("{short}{n}有限公司"), short)
    }
}

/// A mobile number of its own for every n below 10^8.
pub fn phone(n: u64) -> String {
    format!("139{:08}", n.wrapping_mul(76_543_211) % 100_000_000)
}
/// A well-formed number of a region that does not exist, of its own for every n below 10^7.
pub fn resident_id(n: u64) -> String {
    // The last digits differ most, as real ones do.
    let (turn, day) = (n % 1000, n / 1000);
    let (year, month, date) = (1965 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
    let stem = format!("119999{year}{month:02}{date:02}{turn:03}");
    let check = kernel::resident_id::check_character(stem.as_bytes()).map_or('0', char::from);
    format!("{stem}{check}")
}
/// A code of a region that belongs to nobody.
pub fn uscc(n: u64) -> String {
    let stem = format!("91990000MA{n:07}");
    let check = kernel::uscc::check_character(stem.as_bytes()).map_or('0', char::from);
    format!("{stem}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Mobile, ResidentId, Uscc};
    use std::collections::BTreeSet;

    #[test]
    fn every_number_is_well_formed_and_its_own() {
        let (mut phones, mut documents, mut codes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for n in (0..3000).chain(9_000..13_000).chain(998_000..1_000_000) {
            let (phone, document, code) = (phone(n), resident_id(n), uscc(n));
            Mobile::parse(&phone).unwrap();
            ResidentId::parse(&document, 20_260_101).unwrap();
            Uscc::parse(&code).unwrap();
            assert!(phones.insert(phone) && documents.insert(document) && codes.insert(code), "{n}");
        }
    }
    #[test]
    fn names_vary_and_repeat_as_names_do() {
        let names = Names::new();
        let seen: BTreeSet<String> = (0..10_000).map(|n| names.person(n)).collect();
        assert!((3000..10_000).contains(&seen.len()), "{}", seen.len());
        assert_eq!(names.person(7), names.person(7));
        assert_ne!(names.firm(7).0, names.firm(8).0);
    }
}
