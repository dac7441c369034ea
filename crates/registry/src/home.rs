//! What waits on an organization's home page: materials that are missing, came back or run out.
use crate::{Registry, material::Standing};
use kernel::Timestamp;
use organization::organization::{
    Organization,
    home::{Task, TaskSource, Tasks},
};

impl TaskSource for Registry {
    fn tasks<'a>(&'a self, organization: &'a Organization, now: Timestamp) -> Tasks<'a> {
        Box::pin(async move {
            if organization.policy.materials.is_empty() {
                return Ok(Vec::new());
            }
            let (lines, _) = self.materials(organization, now).await?;
            let count = |fits: fn(Standing) -> bool| lines.iter().filter(|line| fits(line.standing)).count();
            let missing = count(|standing| matches!(standing, Standing::Missing | Standing::Refused));
            let returned = count(|standing| standing == Standing::Returned);
            let expiring = count(|standing| standing == Standing::Expiring);
            let expired = count(|standing| standing == Standing::Expired);
            let task = |tone, key, number: usize| Task {
                tone,
                key,
                args: vec![("count", number.to_string())],
                page: "materials".to_owned(),
            };
            let all = [
                ("bad", "registry-task-expired", expired),
                ("warn", "registry-task-expiring", expiring),
                ("warn", "registry-task-returned", returned),
                ("warn", "registry-task-missing", missing),
            ];
            Ok(all.into_iter().filter(|one| one.2 > 0).map(|(tone, key, n)| task(tone, key, n)).collect())
        })
    }
}
