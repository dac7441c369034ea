//! What is typed in Latin letters for a Chinese phrase: initials, whole syllables, or both mixed. Pure.
use pinyin::ToPinyinMulti;

/// How a character may be typed. One of several readings is as good as another: nobody tells 行 in 行情 from 行 in 行政.
fn readings(c: char) -> Vec<String> {
    match c.to_pinyin_multi() {
        Some(readings) => {
            let mut all: Vec<String> =
                readings.into_iter().map(|reading| reading.plain().replace('ü', "v")).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
        None => c.to_lowercase().filter(|c| c.is_alphanumeric()).map(String::from).collect(),
    }
}

/// Whether `typed`, in lower case, stands for a run of the phrase's characters: `hqsj`, `hangqing` and `hangqsj` for
/// 行情数据. The last syllable may be begun. Names of people have readings of their own: [`super::initials`].
pub fn phrase_fits(phrase: &str, typed: &str) -> bool {
    let latin = !typed.is_empty() && typed.bytes().all(|b| b.is_ascii_alphanumeric());
    let characters: Vec<Vec<String>> =
        if latin { phrase.chars().map(readings).collect() } else { Vec::new() };
    (0..characters.len()).any(|start| {
        // How much of what was typed the characters so far may stand for.
        let mut taken = vec![0_usize];
        for readings in characters.iter().skip(start).filter(|readings| !readings.is_empty()) {
            let mut next = Vec::new();
            for rest in taken.iter().filter_map(|taken| typed.get(*taken..)) {
                for reading in readings {
                    if reading.starts_with(rest) {
                        return true;
                    }
                    let at = typed.len() - rest.len();
                    let initial = reading.chars().next().map_or(0, char::len_utf8);
                    if reading.get(..initial).is_some_and(|initial| rest.starts_with(initial)) {
                        next.push(at + initial);
                    }
                    if rest.starts_with(reading.as_str()) {
                        next.push(at + reading.len());
                    }
                }
            }
            next.sort_unstable();
            next.dedup();
            taken = next;
            if taken.is_empty() {
                return false;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::phrase_fits;

    #[test]
    fn initials_syllables_and_every_reading() {
        for (phrase, typed) in [
            ("行情数据接入", "hqsj"),
            ("行情数据接入", "xqsj"),
            ("行情数据接入", "hangqing"),
            ("行情数据接入", "hangqsj"),
            ("行情数据接入", "shuju"),
            ("行情数据接入", "shuj"),
            ("行情数据接入", "jr"),
            ("单一窗口", "dyck"),
            ("单一窗口", "danyichuangkou"),
            ("重大事项报备", "zdsx"),
            ("长期持仓", "cqcc"),
            ("绿色通道", "lvse"),
            ("VPN 管理", "vpngl"),
            ("期权 2 号", "qq2h"),
        ] {
            assert!(phrase_fits(phrase, typed), "{typed} for {phrase}");
        }
        for (phrase, typed) in [
            ("行情数据接入", "hs"),
            ("行情数据接入", "qingx"),
            ("行情数据接入", ""),
            ("行情数据接入", "行情"),
            ("行情数据接入", "%"),
            ("行情数据接入", "hqsjjrx"),
            ("", "a"),
        ] {
            assert!(!phrase_fits(phrase, typed), "{typed} for {phrase}");
        }
    }
    #[test]
    fn the_worst_that_can_be_typed_is_soon_answered() {
        let phrase = "恩嗯阿啊安昂".repeat(10);
        let begun = std::time::Instant::now();
        let found = phrase_fits(&phrase, &"en".repeat(29));
        assert!(begun.elapsed().as_millis() < 500, "{found} after {:?}", begun.elapsed());
    }
}
