//! The demonstration: a plan that is plain data, the seeding that turns it into rows once, and the report of who can sign in.
mod clients;
mod file;
pub mod plan;
mod report;
mod seed;
mod telling;

use crate::{config::Config, opening, wiring::Built};
use anyhow::Result;
use file::{DemoFile, Draft};
use url::Url;

/// Seeds an empty installation; a start that was cut off goes on, a later one only says who can sign in.
pub async fn prepare(config: &Config, built: &Built, base_url: &Url) -> Result<String> {
    let path = config.demo_path();
    let origin = built.app.origin().to_owned();
    if let Some(mut known) = file::read::<DemoFile>(&path)? {
        if known.base_url != origin {
            known.base_url = origin;
            file::write(&path, &known)?;
        }
        return Ok(report::table(&known, &path));
    }
    let draft_path = config.data_dir.join("demo.draft");
    let draft = match file::read::<Draft>(&draft_path)? {
        Some(draft) => draft,
        None => {
            let organizations = built.organizations.organizations(None, None, None, 1).await;
            let organizations = organizations.map_err(|error| opening::plain(error, config))?;
            let staff = platform::staff::service::list(&built.db, None).await;
            let staff = staff.map_err(|error| opening::plain(error, config))?;
            if !organizations.is_empty() || !staff.is_empty() {
                return Ok(format!(
                    "{} has data of its own already, so no demonstration was added to it",
                    config.database_shown()
                ));
            }
            Draft::default()
        }
    };
    let seeded =
        seed::run(config, built, draft, &draft_path, base_url).await.map_err(|error| match error
            .downcast::<kernel::Error>()
        {
            Ok(error) => opening::plain(error, config),
            Err(other) => other,
        })?;
    file::write(&path, &seeded)?;
    if let Err(error) = std::fs::remove_file(&draft_path) {
        tracing::warn!(file = %draft_path.display(), %error, "the draft of the demonstration stays behind");
    }
    Ok(report::table(&seeded, &path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Flags, wiring};
    use kernel::{Actor, LoginName};
    use platform::staff::StaffRole;
    use portal::staffing::{self, NewStaff};

    #[tokio::test]
    async fn an_installation_that_has_staff_gets_no_demonstration() {
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags { data_dir: Some(folder.path().join("data")), ..Flags::default() };
        let config = Config::resolve(&flags, None, &|_| None).unwrap();
        let base_url = Url::parse("http://127.0.0.1:8080/").unwrap();
        let built = wiring::build(&config, &base_url, true).await.unwrap();
        let login_name = LoginName::parse("operator.one").unwrap();
        let role = StaffRole::SystemAdministrator;
        let new = NewStaff { id: built.db.draw(), login_name, name: "张泓".into(), phone: None, role };
        let now = built.db.clock().now();
        staffing::add(&built.identity, &Actor::system(), new, now).await.unwrap();
        let said = prepare(&config, &built, &base_url).await.unwrap();
        assert!(said.contains("has data of its own"), "{said}");
        assert!(built.organizations.organizations(None, None, None, 1).await.unwrap().is_empty());
        assert!(!config.demo_path().exists());
        built.close().await;
    }
}
