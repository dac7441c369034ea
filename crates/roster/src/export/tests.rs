use super::service::{Wanted, header};
use crate::sheet::{Format, Sink, read};
use crate::testing::{Town, towns};
use kernel::clock::Zone;
use organization::directory::From;
use web::Lang;

async fn exported(town: &Town, format: Format, full: bool) -> Vec<Vec<String>> {
    let by = town.reader().await;
    let wanted = Wanted { format, full, lang: Lang::En, zone: Zone::default(), now: town.now() };
    town.room.record_export(&by.1, &wanted).await.unwrap();
    let mut sink = Sink::new(format, &header(Lang::En)).unwrap();
    let mut from = Some(From::Start);
    while let Some(place) = from {
        from = town.room.export_some((&by.0, &by.1), &wanted, place, &mut sink).await.unwrap();
    }
    let table = read(&sink.finish().unwrap()).unwrap();
    table.rows.iter().map(|(_, row)| row.iter().map(crate::sheet::Cell::text).collect()).collect()
}
#[tokio::test]
async fn m32_an_export_masks_numbers_and_shows_in_full_those_of_own_accounts_alone() {
    for town in towns().await {
        let text = "Name,Login name,Mobile\n=cmd,evil1,\nChen Siqi,chensiqi,13912342046\n";
        let id = town.db().draw();
        let incoming = crate::import::testing::incoming(id, text);
        let importer = town.importer().await;
        town.room.receive(&importer, incoming, town.now()).await.unwrap();
        let job = town.room.import(town.ours, id).await.unwrap();
        assert_eq!((job.rows_valid, job.rows_faulty), (1, 1), "a formula is no name");
        town.room.confirm(&importer, &job, false, town.now()).await.unwrap();
        town.room.drain().await.unwrap();
        for format in [Format::Csv, Format::Xlsx] {
            let masked = exported(&town, format, false).await;
            assert_eq!(masked.len(), 2, "newest first, of this organization alone");
            assert_eq!(masked[0][..3], ["Chen Siqi", "chensiqi", "139****2046"]);
            assert_eq!(masked[0][4], "Not activated");
            let full = exported(&town, format, true).await;
            assert_eq!(full[0][2], "13912342046");
            assert_eq!(full[1][1..3], ["zhouyutong", "138****8000"], "a person's own number stays masked");
        }
        let events = "SELECT COUNT(*) FROM audit_event WHERE action = 'members.exported'";
        assert_eq!(town.count(events).await, 4);
    }
}
#[tokio::test]
async fn whoever_is_no_longer_administrator_reads_no_further() {
    for town in towns().await {
        let (who, by) = town.reader().await;
        let wanted = Wanted {
            format: Format::Csv,
            full: false,
            lang: Lang::En,
            zone: Zone::default(),
            now: town.now(),
        };
        let mut sink = Sink::new(Format::Csv, &header(Lang::En)).unwrap();
        town.room.export_some((&who, &by), &wanted, From::Start, &mut sink).await.unwrap();
        drop(sink.take());
        let (rooms, now) = (town.room.organizations(), town.now());
        let installation = organization::Operator::installation;
        rooms.delete_member(installation(), town.ours, town.chief_membership, "", now).await.unwrap();
        let gone = town.room.export_some((&who, &by), &wanted, From::Start, &mut sink).await.unwrap_err();
        assert_eq!(gone.code, "organization.unknown");
        // Back as an agent: a member again, and no more.
        town.join(town.ours, town.chief, organization::membership::Role::Agent).await;
        let agent = town.room.export_some((&who, &by), &wanted, From::Start, &mut sink).await.unwrap_err();
        assert_eq!(agent.code, "membership.administrators_only");
        assert!(sink.take().is_empty(), "not a line more");
    }
}
