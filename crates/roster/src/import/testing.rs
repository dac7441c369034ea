use super::ImportJobId;
use super::model::Job;
use super::service::{Importer, Incoming};
use crate::Roster;
use kernel::{Result, clock::Zone};
use organization::activation::{Link, Way};
use web::Lang;

pub fn incoming(id: ImportJobId, text: &str) -> Incoming {
    Incoming {
        id,
        bytes: text.to_owned().into(),
        lang: Lang::Zh,
        origin: "https://op.test".into(),
        zone: Zone::default(),
    }
}
impl Roster {
    /// The first slice that waits, as a worker makes it before it dies.
    pub async fn create_one(&self, job: &Job) -> Result<()> {
        let slices = self.prepare(job, job.next, 1).await?;
        self.create(job, slices).await.map(drop)
    }
    /// Without asking for the lease.
    pub async fn run_now(&self, id: ImportJobId) -> Result<()> {
        self.run(id, false).await
    }
    /// Login name and link of each slip, and where the next page begins.
    pub async fn printed(
        &self,
        importer: &Importer,
        job: &Job,
        from: (i64, bool),
    ) -> Result<(Vec<(String, String)>, Option<i64>)> {
        let link = Link { way: Way::Print, lang: Lang::Zh, origin: "https://op.test".into() };
        let slips = self.print(importer, job, from, &link, self.db().clock().now()).await?;
        let made = slips.made.into_iter().map(|(draft, issued)| (draft.login_name, issued.link));
        Ok((made.collect(), slips.next))
    }
}
