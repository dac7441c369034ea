use super::model::{ImportJobId, Job, JobState};
use super::service::{Importer, SLICE};
use super::store;
use super::testing::incoming;
use crate::testing::{Town, towns};
use kernel::{Result, clock::Zone};
use organization::Authority;
use organization::membership::Role;
use std::fmt::Write as _;
use std::sync::Arc;

const HEADER: &str = "姓名,登录名,手机号,证件号码,有效期至\n";

/// So many people, each with a number of their own.
fn people(from: usize, to: usize) -> String {
    let mut text = HEADER.to_owned();
    for n in from..to {
        writeln!(text, "陈思齐,people{n:05},139{n:08},,2027-12-31").unwrap();
    }
    text
}
async fn send_as(town: &Town, importer: &Importer, text: &str) -> Result<ImportJobId> {
    let id = town.db().draw();
    let incoming = incoming(id, text);
    town.room.receive(importer, incoming, town.now()).await.map(|()| id)
}
async fn send(town: &Town, text: &str) -> Job {
    let id = send_as(town, &town.importer().await, text).await.unwrap();
    find(town, id).await
}
async fn find(town: &Town, id: ImportJobId) -> Job {
    town.room.import(town.ours, id).await.unwrap()
}
async fn managed(town: &Town) -> i64 {
    town.count("SELECT COUNT(*) FROM account a JOIN membership m ON m.account_id = a.id WHERE m.managed")
        .await
}

#[tokio::test]
async fn m32_a_file_is_checked_first_and_made_once_it_is_confirmed() {
    for town in towns().await {
        let job = send(&town, &people(0, 95)).await;
        assert_eq!((job.state, job.rows_valid, job.with_phone), (JobState::Checked, 95, 95));
        assert_eq!(managed(&town).await, 0, "nothing is made before a yes");
        let importer = town.importer().await;
        town.room.confirm(&importer, &job, true, town.now()).await.unwrap();
        let twice = town.room.confirm(&importer, &job, true, town.now()).await.unwrap_err();
        assert_eq!(twice.code, "roster.import_gone");
        town.room.drain().await.unwrap();
        let job = find(&town, job.id).await;
        assert_eq!((job.state, job.created, job.failed, job.notified), (JobState::Done, 95, 0, 95));
        assert_eq!(managed(&town).await, 95);
        assert_eq!(town.count("SELECT COUNT(*) FROM account WHERE state = 'unactivated'").await, 95);
        assert_eq!(town.count("SELECT COUNT(*) FROM password").await, 3, "nobody has a password from a file");
        let events = "SELECT COUNT(*) FROM audit_event WHERE action = 'membership.created' AND actor_account_id IS NOT NULL";
        assert_eq!(town.count(events).await, 95, "each in the name of whoever confirmed");
        assert_eq!(town.count("SELECT COUNT(*) FROM activation WHERE state = 'open'").await, 95);
        // The last day is included: the end is the next midnight in Shanghai.
        let until: i64 = town
            .db()
            .read_one(|s| s.one("SELECT MIN(valid_until) FROM membership WHERE managed", &[]))
            .await
            .unwrap();
        assert_eq!(Some(until), Zone::default().start_of("2028-01-01").map(|at| at.as_millis()));
        // Names and numbers are found at once.
        let by = town.administrator(town.chief, town.ours).await;
        for typed in ["思齐", "csq", "13900000042", "0042", "people00042"] {
            let asked = organization::directory::Asked {
                wanted: Some(identity::search::Wanted::parse(typed, town.now())),
                ..Default::default()
            };
            let listed = town.room.organizations().directory(&by, asked, 20, town.now()).await.unwrap();
            assert!(!listed.rows.is_empty(), "{typed}");
        }
        let sealed: Vec<u8> =
            town.db().read_one(|s| s.one("SELECT data FROM import_slice LIMIT 1", &[])).await.unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("people"));
    }
}
#[tokio::test]
async fn every_faulty_row_is_told_by_its_line_and_left_out() {
    for town in towns().await {
        let text = format!(
            "{HEADER}陈思齐,chensiqi,13900000001,110101199003077774,\n\
             王,wang,,,\n\
             王慧,chensiqi,,,\n\
             王慧,wanghui,13900000001,,\n\
             李雷,lilei,139,,\n\
             韩梅,hanmei,,1.10101E+17,\n\
             赵武,zhaowu,,,2020-01-01\n\
             孙柳,sunliu,,,明年\n\
             周雨桐,zhouyutong,,,\n\
             钱多,qianduo,,,2027/6/1\n"
        );
        let job = send(&town, &text).await;
        assert_eq!((job.rows_valid, job.rows_faulty), (2, 8));
        let faults = town.room.faults(&job, 100).await.unwrap();
        let rows: Vec<u32> = faults.iter().map(|fault| fault.row).collect();
        assert_eq!(rows, [3, 4, 5, 6, 7, 8, 9, 10]);
        assert!(faults[1].problems[0].contains("第 2 行"), "{:?}", faults[1]);
        assert!(faults[4].problems[0].starts_with("证件号码："), "{:?}", faults[4]);
        assert!(faults[7].problems[0].starts_with("登录名："), "a name that is taken: {:?}", faults[7]);
        // The same people again are known.
        let importer = town.importer().await;
        town.room.confirm(&importer, &job, false, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        assert_eq!(find(&town, job.id).await.state, JobState::Done);
        assert_eq!(town.count("SELECT COUNT(*) FROM activation").await, 0, "no links were asked for");
        let again = format!("{HEADER}陈思,chensi2,13900000001,,\n陈思,chensi3,,110101199003077774,\n");
        let job = send(&town, &again).await;
        assert_eq!((job.rows_valid, job.rows_faulty), (0, 2));
        assert_eq!(
            town.room.confirm(&importer, &job, false, town.now()).await.unwrap_err().code,
            "roster.import_gone"
        );
    }
}
#[tokio::test]
async fn a_header_or_file_that_does_not_fit_makes_no_job() {
    for town in towns().await {
        let importer = town.importer().await;
        for (text, code) in [
            ("姓名,电话号\nx,y\n", "roster.header_unknown"),
            ("姓名,手机号\nx,y\n", "roster.header_missing"),
            ("姓名,登录名,name\nx,y,z\n", "roster.header_twice"),
            (HEADER, "roster.file_no_rows"),
            ("", "roster.file_empty"),
        ] {
            let error = send_as(&town, &importer, text).await.unwrap_err();
            assert_eq!((error.code, error.field), (code, Some("file")));
        }
        assert!(town.room.imports(town.ours).await.unwrap().is_empty());
    }
}
#[tokio::test]
async fn no_file_gives_a_role_above_the_lowest() {
    for town in towns().await {
        let text = "姓名,登录名,角色\n陈思齐,chensiqi,管理员\n王慧,wanghui,经办人\n李雷,lilei,administrator\n赵武,zhaowu,\n";
        let job = send(&town, text).await;
        assert_eq!((job.rows_valid, job.rows_faulty), (2, 2));
        town.room.confirm(&town.importer().await, &job, false, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        assert_eq!(town.count("SELECT COUNT(*) FROM membership WHERE managed AND role <> 'agent'").await, 0);
    }
}
#[tokio::test]
async fn a_worker_that_dies_loses_and_doubles_nothing() {
    for town in towns().await {
        let rows = SLICE * 3 + 7;
        let job = send(&town, &people(0, rows)).await;
        town.room.confirm(&town.importer().await, &job, true, town.now()).await.unwrap();
        // It made a slice, held its lease, and was gone.
        let id = job.id;
        let until = town.now().plus_seconds(15);
        town.db()
            .write_unaudited("test", move |tx| store::hold(tx, id, (JobState::Creating, 0), until))
            .await
            .unwrap();
        town.room.create_one(&find(&town, id).await).await.unwrap();
        assert_eq!(managed(&town).await, SLICE as i64);
        town.room.drain().await.unwrap();
        assert_eq!(managed(&town).await, SLICE as i64, "the lease holds others off");
        town.clock.advance_seconds(16);
        town.room.drain().await.unwrap();
        let job = find(&town, id).await;
        assert_eq!((job.state, job.created), (JobState::Done, rows as i64));
        assert_eq!(managed(&town).await, rows as i64);
        assert_eq!(town.count("SELECT COUNT(*) FROM activation WHERE state = 'open'").await, rows as i64);
    }
}
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_at_once_make_each_row_once() {
    for town in towns().await {
        let town = Arc::new(town);
        let rows = SLICE * 4;
        let job = send(&town, &people(0, rows)).await;
        town.room.confirm(&town.importer().await, &job, true, town.now()).await.unwrap();
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let (room, id) = (town.room.clone(), job.id);
                // As if every lease had run out.
                tokio::spawn(async move {
                    for _ in 0..4 {
                        drop(room.run_now(id).await);
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        town.clock.advance_seconds(16);
        town.room.drain().await.unwrap();
        let job = find(&town, job.id).await;
        assert_eq!((job.state, job.created, job.notified), (JobState::Done, rows as i64, rows as i64));
        assert_eq!(managed(&town).await, rows as i64);
        assert_eq!(town.count("SELECT COUNT(*) FROM activation").await, rows as i64, "one link each");
    }
}
#[tokio::test]
async fn whoever_loses_the_power_imports_no_further_and_another_goes_on() {
    for town in towns().await {
        let rows = SLICE * 2;
        let job = send(&town, &people(0, rows)).await;
        town.room.confirm(&town.importer().await, &job, false, town.now()).await.unwrap();
        town.room.create_one(&find(&town, job.id).await).await.unwrap();
        let second = town.self_owned("songzhiyuan", "宋致远").await;
        town.join(town.ours, second, Role::Administrator).await;
        let (rooms, now) = (town.room.organizations(), town.now());
        rooms
            .delete_member(organization::Operator::installation(), town.ours, town.chief_membership, "", now)
            .await
            .unwrap();
        town.clock.advance_seconds(16);
        town.room.drain().await.unwrap();
        let stopped = find(&town, job.id).await;
        assert_eq!((stopped.state, stopped.created), (JobState::Stopped, SLICE as i64));
        assert_eq!(stopped.reason.as_deref(), Some("membership.administrators_only"));
        let refused =
            "SELECT COUNT(*) FROM audit_event WHERE action = 'import.stopped' AND outcome = 'refused'";
        assert_eq!(town.count(refused).await, 1);
        let by = town.administrator(second, town.ours).await;
        let importer =
            Importer { organization: town.ours, policy: Arc::clone(&by.membership().policy), by: by.into() };
        town.room.resume(&importer, &stopped, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        let done = find(&town, job.id).await;
        assert_eq!((done.state, done.created), (JobState::Done, rows as i64));
        assert_eq!(managed(&town).await, rows as i64);
    }
}
#[tokio::test]
async fn a_name_that_was_taken_meanwhile_is_told_and_the_rest_is_made() {
    for town in towns().await {
        let job = send(&town, &people(0, 3)).await;
        town.self_owned("people00001", "王慧").await;
        town.room.confirm(&town.importer().await, &job, true, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        let job = find(&town, job.id).await;
        assert_eq!((job.created, job.failed, job.notified), (2, 1, 2));
        let faults = town.room.faults(&job, 10).await.unwrap();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].row, 3);
    }
}
#[tokio::test]
async fn another_organizations_import_does_not_exist_and_one_runs_at_a_time() {
    for town in towns().await {
        let first = send(&town, &people(0, 2)).await;
        let unknown = town.room.import(town.theirs, first.id).await.unwrap_err();
        assert_eq!(unknown.code, "roster.import_unknown");
        // An administrator of another organization has no power here, whatever is asked.
        let theirs = town.administrator(town.their_chief, town.theirs).await;
        let crossed = Importer {
            organization: town.ours,
            policy: Arc::clone(&theirs.membership().policy),
            by: Authority::from(theirs),
        };
        assert_eq!(send_as(&town, &crossed, &people(5, 6)).await.unwrap_err().code, "organization.unknown");
        let error = town.room.confirm(&crossed, &first, false, town.now()).await.unwrap_err();
        assert_eq!(error.code, "organization.unknown");
        // The account manager of the organization may, of another not.
        let staff = Importer {
            organization: town.ours,
            policy: crossed.policy.clone(),
            by: Authority::from(town.as_staff(town.manager).await),
        };
        let second = send_as(&town, &staff, &people(10, 12)).await.unwrap();
        let second = find(&town, second).await;
        let foreign = Importer { organization: town.theirs, ..staff.clone() };
        assert_eq!(send_as(&town, &foreign, &people(20, 21)).await.unwrap_err().code, "organization.unknown");
        let importer = town.importer().await;
        town.room.confirm(&importer, &first, false, town.now()).await.unwrap();
        let error = town.room.confirm(&staff, &second, false, town.now()).await.unwrap_err();
        assert_eq!(error.code, "roster.running");
        town.room.drain().await.unwrap();
        town.room.confirm(&staff, &second, false, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        assert_eq!(find(&town, second.id).await.created, 2);
        // A stop leaves what was made; the rows go when their time is over.
        let third = send(&town, &people(30, 40)).await;
        town.room.confirm(&importer, &third, false, town.now()).await.unwrap();
        let third = find(&town, third.id).await;
        town.room.stop(&importer, &third, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        assert_eq!(find(&town, third.id).await.created, 0);
        town.clock.advance_seconds(8 * 86_400);
        town.room.erase().await.unwrap();
        assert_eq!(town.count("SELECT COUNT(*) FROM import_slice").await, 0);
        let third = find(&town, third.id).await;
        assert!(third.erased_at.is_some());
        let error = town.room.resume(&importer, &third, town.now()).await.unwrap_err();
        assert_eq!(error.code, "roster.import_gone");
    }
}
#[tokio::test]
async fn faults_come_back_in_the_columns_of_the_template() {
    for town in towns().await {
        let text = "手机号,角色,登录名,姓名\n139,管理员,lilei,李雷\n,,wenruchu,温如\n";
        let job = send(&town, text).await;
        assert_eq!((job.rows_valid, job.rows_faulty), (0, 2));
        let faults = town.room.faults(&job, 10).await.unwrap();
        assert_eq!(faults[0].cells, ["李雷", "lilei", "139", "", "", "管理员"]);
        assert_eq!(faults[1].cells[..2], ["温如", "wenruchu"]);
    }
}
#[tokio::test]
async fn everybodys_subject_is_as_random_as_one_alone() {
    for town in towns().await {
        let job = send(&town, &people(0, SLICE * 2)).await;
        town.room.confirm(&town.importer().await, &job, false, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        let subs: Vec<String> = town
            .db()
            .read(|tx| tx.all("SELECT sub FROM account WHERE state = 'unactivated' ORDER BY id", &[]))
            .await
            .unwrap();
        assert_eq!(subs.len(), SLICE * 2);
        assert!(subs.iter().all(|sub| sub.len() == 22), "128 bits each");
        let apart: std::collections::BTreeSet<&String> = subs.iter().collect();
        assert_eq!(apart.len(), subs.len());
    }
}
#[tokio::test]
async fn slips_are_printed_for_who_was_sent_nothing_and_replace_what_came_before() {
    for town in towns().await {
        let mut text = people(0, 10);
        for n in 0..SLICE {
            writeln!(text, "王慧,nophone{n:03},,,").unwrap();
        }
        let importer = town.importer().await;
        let job = send(&town, &text).await;
        assert!(!job.may_print(), "nobody is there yet");
        town.room.confirm(&importer, &job, true, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        let job = find(&town, job.id).await;
        assert!(job.may_print());
        let (mut names, mut from) = (Vec::new(), Some(0));
        while let Some(place) = from {
            let (made, next) = town.room.printed(&importer, &job, (place, false)).await.unwrap();
            names.extend(made.into_iter().map(|(login_name, link)| {
                assert!(link.starts_with("https://op.test/activate/"), "{link}");
                login_name
            }));
            from = next;
        }
        assert_eq!(names.len(), SLICE, "everybody without a number once");
        assert!(names.iter().all(|name| name.starts_with("nophone")));
        let open = "SELECT COUNT(*) FROM activation WHERE state = 'open' AND way = 'print'";
        assert_eq!(town.count(open).await, SLICE as i64);
        let recorded = "SELECT COUNT(*) FROM audit_event WHERE action = 'membership.handed_out'";
        assert_eq!(town.count(recorded).await, SLICE as i64 + 10, "ten by SMS, the others printed");
        // Again, and for everybody: one way in each, the newest.
        let (made, _) = town.room.printed(&importer, &job, (0, true)).await.unwrap();
        assert_eq!(made.len(), SLICE, "a page ends where a slice does");
        let open = "SELECT COUNT(*) FROM activation WHERE state = 'open'";
        assert_eq!(town.count(open).await, SLICE as i64 + 10);
        // Whoever has no power over the organization prints nothing.
        let theirs = town.administrator(town.their_chief, town.theirs).await;
        let crossed = Importer { by: theirs.into(), ..importer.clone() };
        let refused = town.room.printed(&crossed, &job, (0, true)).await.unwrap_err();
        assert_eq!(refused.code, "organization.unknown");
        town.clock.advance_seconds(8 * 86_400);
        town.room.erase().await.unwrap();
        let gone = town.room.printed(&importer, &find(&town, job.id).await, (0, true)).await.unwrap_err();
        assert_eq!(gone.code, "roster.import_gone");
    }
}
#[tokio::test]
async fn more_than_twenty_files_an_hour_are_refused() {
    for town in towns().await {
        let importer = town.importer().await;
        for n in 0..20 {
            send_as(&town, &importer, &people(n, n + 1)).await.unwrap();
        }
        let error = send_as(&town, &importer, &people(30, 31)).await.unwrap_err();
        assert_eq!((error.kind, error.code), (kernel::Kind::TooMany, "roster.import_often"));
        let minutes = error.args.iter().find(|(name, _)| *name == "minutes").map(|(_, text)| text.as_ref());
        assert_eq!(minutes, Some("60"));
        // Neither does a colleague get round it, nor is another organization held up.
        let staff = Importer {
            organization: town.ours,
            policy: importer.policy.clone(),
            by: Authority::from(town.as_staff(town.manager).await),
        };
        let error = send_as(&town, &staff, &people(30, 31)).await.unwrap_err();
        assert_eq!(error.code, "roster.import_often");
        let theirs = town.administrator(town.their_chief, town.theirs).await;
        let theirs = Importer {
            organization: town.theirs,
            policy: Arc::clone(&theirs.membership().policy),
            by: theirs.into(),
        };
        send_as(&town, &theirs, &people(30, 31)).await.unwrap();
        town.clock.advance_seconds(3601);
        send_as(&town, &importer, &people(30, 31)).await.unwrap();
    }
}
#[tokio::test]
async fn a_file_that_was_not_confirmed_is_gone_after_a_day() {
    for town in towns().await {
        let first = send(&town, &people(0, 2)).await;
        let second = send(&town, &people(0, 2)).await;
        assert_eq!(find(&town, first.id).await.state, JobState::Discarded, "the newer one takes its place");
        town.room.erase().await.unwrap();
        let slices = "SELECT COUNT(*) FROM import_slice";
        assert_eq!(town.count(slices).await, 1);
        town.clock.advance_seconds(86_401);
        town.room.erase().await.unwrap();
        assert_eq!(town.count(slices).await, 0);
        assert_eq!(find(&town, second.id).await.state, JobState::Discarded);
    }
}
