use super::ImportJobId;
use super::model::{Job, SliceState};
use super::service::Incoming;
use super::store;
use crate::Roster;
use kernel::{Result, clock::Zone};
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
        let id = job.id;
        let slices = self.db().read(move |tx| store::list_slices(tx, id, SliceState::Waiting, 1)).await?;
        for (number, data) in slices {
            let drafts = super::service::opened(self.db().keyring(), id, &data)?;
            self.create(job, number, drafts).await?;
        }
        Ok(())
    }
    /// Without asking for the lease.
    pub async fn run_now(&self, id: ImportJobId) -> Result<()> {
        self.run(id, false).await
    }
}
