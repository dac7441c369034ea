//! Every call over the route that a browser would take; ids that an answer shows are learned from it.
use super::call::{Call, PAGES};
use super::oracle::{FOREVER, Oracle};
use super::world::{Answer, Session, World};
use anyhow::{Context as _, Result};
use kernel::Timestamp;
use kernel::id::{OrganizationId, mark};
use organization::Operator;

/// A date that lies ahead for as long as this test is run.
pub const DATED: &str = "2099-06-30";
/// The first bytes of a PDF.
const LETTER: &[u8] = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
/// MD5 of a password and a pepper, as an earlier system kept it.
const HASH: &str = "6a98270d113c52ad220aa08358b25b75";

/// What came of a call.
pub enum Came {
    Answered(Answer),
    /// Something that no person asks for by a form.
    Happened,
}

pub struct Sender<'a> {
    pub world: &'a World,
    /// As it was before the call.
    pub oracle: &'a Oracle,
    pub session: &'a Session,
    pub by: usize,
}

impl Sender<'_> {
    fn place(&self, place: usize) -> OrganizationId {
        self.oracle.places[place].id
    }
    async fn post(&self, place: usize, path: &str, members: &[(&str, &str)]) -> Result<Came> {
        let id = self.place(place);
        let path = format!("/org/{id}/{path}");
        self.world.post(self.session, (&path, Some(id)), members).await.map(Came::Answered)
    }
    async fn personal(&self, path: &str, members: &[(&str, &str)]) -> Result<Came> {
        self.world.post(self.session, (path, None), members).await.map(Came::Answered)
    }
    async fn desk(&self, place: usize, path: &str, members: &[(&str, &str)]) -> Result<Came> {
        self.personal(&format!("/desk/organizations/{}/{path}", self.place(place)), members).await
    }
    fn member(&self, member: usize) -> String {
        self.oracle.members[member].id.map(|id| id.to_string()).unwrap_or_default()
    }
    fn draw<T>(&self) -> String {
        self.world.form_id::<T>(self.session, self.world.db().draw())
    }
    fn login(&self, member: usize) -> &str {
        &self.oracle.accounts[self.oracle.members[member].account].login
    }

    pub async fn send(&self, call: &Call) -> Result<Came> {
        match call {
            Call::Create { place, role, login, link } => {
                let id = self.draw::<mark::Membership>();
                let handing = if *link { "print" } else { "password" };
                let members = [
                    ("id", id.as_str()),
                    ("name", login),
                    ("login_name", login),
                    ("role", role.as_str()),
                    ("handing", handing),
                ];
                self.post(*place, "members/new", &members).await
            }
            Call::DeskCreate { place, login } => {
                let id = self.draw::<mark::Membership>();
                let members = [("id", id.as_str()), ("name", login), ("login_name", login)];
                self.desk(*place, "administrators/new", &members).await
            }
            Call::Invite { place, person, role } => {
                let (id, phone) = (self.draw::<mark::Invitation>(), self.phone(*person));
                let members =
                    [("id", id.as_str()), ("phone", phone), ("role", role.as_str()), ("way", "print")];
                self.post(*place, "invitations/new", &members).await
            }
            Call::DeskInvite { place, person } => {
                let (id, phone) = (self.draw::<mark::Invitation>(), self.phone(*person));
                let members = [("id", id.as_str()), ("phone", phone), ("way", "print")];
                self.desk(*place, "administrators/invite", &members).await
            }
            Call::Answer { invitation, accept } => {
                let path = format!("/join/{}", self.oracle.invitations[*invitation].token);
                self.personal(&path, &[("answer", if *accept { "accept" } else { "decline" })]).await
            }
            Call::Revoke { place, invitation } => {
                let path = format!("invitations/{}/revoke", self.oracle.invitations[*invitation].id);
                self.post(*place, &path, &[]).await
            }
            Call::Apply { place, fits } => {
                let one = &self.oracle.places[*place];
                let head = if *fits { one.head_name.as_str() } else { "zqxa" };
                let members = [("name", one.name.as_str()), ("code", one.uscc.as_str()), ("head_name", head)];
                self.ask("/me/agent", &members).await
            }
            Call::Claim { place } => {
                let one = &self.oracle.places[*place];
                let kind = super::world::KINDS
                    .iter()
                    .position(|kind| kind.administrators == one.kind.administrators);
                let kind = self.world.types[kind.context("a kind")?].to_string();
                let members =
                    [("name", one.name.as_str()), ("code", one.uscc.as_str()), ("type", kind.as_str())];
                self.ask("/me/found", &members).await
            }
            Call::Decide { place, application, verdict } => {
                let path = format!("applications/{}", self.oracle.applications[*application].id);
                self.post(*place, &path, &[("verdict", verdict.word()), ("note", "so it is")]).await
            }
            Call::DeskDecide { application, verdict, replace } => {
                let path = format!("/desk/applications/{}", self.oracle.applications[*application].id);
                let replace = if *replace { "yes" } else { "" };
                let members = [("verdict", verdict.word()), ("note", "so it is"), ("replace", replace)];
                self.personal(&path, &members).await
            }
            Call::TakeBack { application } => {
                let path = format!("/me/applications/{}/withdraw", self.oracle.applications[*application].id);
                self.personal(&path, &[]).await
            }
            Call::Complete { application } => {
                let path = format!("/me/applications/{}/complete", self.oracle.applications[*application].id);
                let letter = self.draw::<mark::Document>();
                let members = [("letter_id", letter.as_str()), ("reason", "more of it")];
                let sent = self.world.post_file(self.session, (&path, None), &members, ("letter", LETTER));
                sent.await.map(Came::Answered)
            }
            Call::Import { place, rows } => self.import(*place, rows).await,
            Call::Edit { place, member } => {
                let name = format!("{}-e", self.login(*member));
                let path = format!("members/{}", self.member(*member));
                let phone = format!("138{:08}", super::world::number());
                self.post(*place, &path, &[("name", name.as_str()), ("phone", phone.as_str())]).await
            }
            Call::Suspend { place, member, on } => {
                let path = format!("members/{}/state", self.member(*member));
                self.post(*place, &path, &[("to", if *on { "suspended" } else { "active" })]).await
            }
            Call::DeskSuspend { place, member, on } => {
                let path = format!("administrators/{}/state", self.member(*member));
                self.desk(*place, &path, &[("to", if *on { "suspended" } else { "active" })]).await
            }
            Call::Renew { place, member, dated } => {
                let path = format!("members/{}/period", self.member(*member));
                self.post(*place, &path, &[("until", if *dated { DATED } else { "" })]).await
            }
            Call::Delete { place, member } => {
                let path = format!("members/{}/delete", self.member(*member));
                self.post(*place, &path, &[("confirm", self.login(*member))]).await
            }
            Call::DeskEnd { place, member } => {
                self.desk(*place, &format!("administrators/{}/end", self.member(*member)), &[]).await
            }
            Call::Leave { place } => {
                let name = self.oracle.places[*place].short_name.clone();
                self.post(*place, "leave", &[("confirm", name.as_str())]).await
            }
            Call::Reset { place, member, link } => {
                let path = format!("members/{}/reset", self.member(*member));
                self.post(*place, &path, &[("handing", if *link { "print" } else { "password" })]).await
            }
            Call::DeskReset { place, member } => {
                self.desk(*place, &format!("administrators/{}/reset", self.member(*member)), &[]).await
            }
            Call::Factors { place, member } => {
                self.post(*place, &format!("members/{}/factors", self.member(*member)), &[]).await
            }
            Call::Grant { place, member, product, give } => {
                let (row, column) = (self.member(*member), self.world.products[*product].to_string());
                let step = if *give {
                    "0.0.g".to_owned()
                } else {
                    // As the page that was looked at names it.
                    let (of, what) = (self.oracle.members[*member].id, self.world.products[*product]);
                    let of = of.context("a known member")?;
                    let read = self.world.db().read(move |tx| {
                        tx.opt::<(kernel::id::GrantId, kernel::Timestamp)>(
                            "SELECT id, valid_until FROM product_grant WHERE membership_id = $1 AND product_id = $2
                            AND state <> 'ended'",
                            &[&of, &what],
                        )
                    });
                    let (grant, until) =
                        read.await?.unwrap_or_else(|| (kernel::Id::from_i64(1), kernel::Timestamp::FOREVER));
                    format!("0.0.e{grant}.{}", until.as_millis())
                };
                let members = [("r0", row.as_str()), ("c0", column.as_str()), ("steps", step.as_str())];
                self.post(*place, "grants/apply", &members).await
            }
            Call::OwnRecord { place } => {
                let address = format!("{} No. {}", self.oracle.places[*place].short_name, self.by);
                // Whatever else a form brings is not looked at.
                self.post(*place, "profile", &[("address", address.as_str()), ("name", "zqoa")]).await
            }
            Call::Look { place, page } => self.look(*place, PAGES[*page].0).await,
            Call::LookAt { place, member } => {
                self.look(*place, &format!("members/{}", self.member(*member))).await
            }
            Call::Export { place } => self.post(*place, "members/export", &[("format", "csv")]).await,
            Call::Confirm { place, member, keep } => {
                let verdict = if *keep { "confirm" } else { "end" };
                let member = self.member(*member);
                self.post(*place, "succession", &[("membership", member.as_str()), ("verdict", verdict)])
                    .await
            }
            Call::AskReplacement { place, goes, comes, stays } => {
                let (id, letter) = (self.draw::<mark::Application>(), self.draw::<mark::Document>());
                let (goes, comes) = (self.member(*goes), self.login(*comes));
                let members = [
                    ("id", id.as_str()),
                    ("letter_id", letter.as_str()),
                    ("outgoing", goes.as_str()),
                    ("incoming", comes),
                    ("becomes", if *stays { "agent" } else { "end" }),
                    ("reason", "a new hand"),
                ];
                let there = self.place(*place);
                let path = format!("/org/{there}/administrators/replace");
                let sent =
                    self.world.post_file(self.session, (&path, Some(there)), &members, ("letter", LETTER));
                sent.await.map(Came::Answered)
            }
            Call::DecideReplacement { application, verdict } => {
                let path = format!("/desk/replacements/{}", self.oracle.applications[*application].id);
                self.personal(&path, &[("verdict", verdict.word()), ("note", "so it is")]).await
            }
            Call::DeskRename { place } => {
                let one = &self.oracle.places[*place];
                let name = format!("{}x", one.name);
                let members = [
                    ("name", name.as_str()),
                    ("short_name", one.short_name.as_str()),
                    ("uscc", one.uscc.as_str()),
                    ("member_number", one.member_number.as_str()),
                    ("head_name", one.head_name.as_str()),
                    ("address", one.address.as_str()),
                ];
                self.desk(*place, "profile", &members).await
            }
            Call::Hold { place, on } => self.desk(*place, if *on { "suspend" } else { "resume" }, &[]).await,
            Call::Extra { place } => {
                let members = [("until", DATED), ("reason", "a busy year")];
                self.desk(*place, "extra-administrator", &members).await
            }
            Call::Merge { place, person } => self.merge(*place, *person).await,
            Call::Part { merged } => {
                let path = format!("/desk/legacy/accounts/{}/undo", self.oracle.merged[*merged].line);
                self.personal(&path, &[("reason", "somebody else's")]).await
            }
            Call::Mixed { place, other } => {
                let (here, other) = (self.place(*place), self.place(*other));
                let path = format!("/org/{here}/profile");
                let sent = self.world.post(self.session, (&path, Some(other)), &[("address", "zqoa")]);
                sent.await.map(Came::Answered)
            }
            Call::RunOut { member } => {
                let id = self.oracle.members[*member].id.context("a known member")?;
                let ends = super::oracle::RAN_OUT;
                self.quietly(move |tx| {
                    let sql = "UPDATE membership SET valid_until = $2 WHERE id = $1 AND state <> 'ended'";
                    tx.run(sql, &[&id, &ends]).map(drop)
                })
                .await
            }
            Call::AddFactor { account } => {
                let (db, account) = (self.world.db(), self.oracle.accounts[*account].id);
                let id: kernel::Id<mark::Request> = db.draw();
                self.quietly(move |tx| {
                    let sql =
                        "INSERT INTO authenticator (id, account_id, name, secret, last_step, created_at)
                        VALUES ($1, $2, $3, $3, 0, 0)";
                    tx.run(sql, &[&id, &account, &vec![1_u8]]).map(drop)
                })
                .await
            }
        }
    }
    async fn look(&self, place: usize, page: &str) -> Result<Came> {
        let path = format!("/org/{}/{page}", self.place(place));
        self.world.get(Some(self.session), &path).await.map(Came::Answered)
    }
    async fn quietly<F>(&self, change: F) -> Result<Came>
    where
        F: Fn(&mut db::Tx<'_>) -> kernel::Result<()> + Send + 'static,
    {
        self.world.db().write_unaudited("time passes in a test", change).await?;
        Ok(Came::Happened)
    }
    fn phone(&self, person: usize) -> &str {
        self.oracle.accounts[person].phone.as_deref().unwrap_or_default()
    }
    /// An application with its letter; what fits is brought to its organization at once.
    async fn ask(&self, path: &str, typed: &[(&str, &str)]) -> Result<Came> {
        let (id, letter) = (self.draw::<mark::Application>(), self.draw::<mark::Document>());
        let mut members = vec![("id", id.as_str()), ("letter_id", letter.as_str()), ("reason", "to act")];
        members.extend(typed);
        let answer = self.world.post_file(self.session, (path, None), &members, ("letter", LETTER)).await?;
        self.world.built.organizations.settle_applications().await?;
        Ok(Came::Answered(answer))
    }
    /// The file, and the yes to what it would make.
    async fn import(&self, place: usize, rows: &[(String, bool)]) -> Result<Came> {
        let mut text = String::from("name,login name,role\n");
        for (login, above) in rows {
            let role = if *above { "administrator" } else { "" };
            text.push_str(&format!("{login},{login},{role}\n"));
        }
        let (here, id) = (self.place(place), self.draw::<mark::ImportJob>());
        let path = format!("/org/{here}/members/import");
        let members = [("id", id.as_str())];
        let file = ("file", text.as_bytes());
        let received = self.world.post_file(self.session, (&path, Some(here)), &members, file).await?;
        if received.status != 303 || !received.location.starts_with(&path) {
            return Ok(Came::Answered(received));
        }
        let job = received.location;
        let confirmed = self.world.post(self.session, (&job, Some(here)), &[("decision", "confirm")]).await?;
        // The worker of the program may have taken it first.
        let id = job.rsplit('/').next().unwrap_or_default().parse()?;
        if confirmed.status != 303 {
            return Ok(Came::Answered(confirmed));
        }
        loop {
            self.world.roster.drain().await?;
            if !self.world.roster.import(here, id).await?.state.is_working() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        Ok(Came::Answered(confirmed))
    }
    /// An account of an earlier system that is on record as this person's.
    async fn merge(&self, place: usize, person: usize) -> Result<Came> {
        let (one, person) = (&self.oracle.places[place], &self.oracle.accounts[person]);
        let line = format!(
            "login_name,scheme,hash,salt,organization,code,holder,document,phone\n\
             {},md5-salt-last,{HASH},pepper,{},{},{},{},\n",
            // Letters alone: a name with many digits may read as the number of a document.
            super::world::word('l', super::world::number()).replace(super::world::MARK, "old"),
            one.name,
            one.uscc,
            person.login,
            person.document
        );
        let (id, now) = (self.world.db().draw(), self.world.db().clock().now());
        let source = ("earlier", self.world.types[0]);
        let legacy = &self.world.legacy;
        legacy.import(&Operator::installation(), id, source, line.as_bytes(), now).await?;
        loop {
            legacy.drain().await?;
            if legacy.imported(id).await?.is_over() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let lines = legacy.lines(Some(id), None, None, None, 2).await?;
        let (found, _) = lines.first().context("the line of an import")?;
        let state = found.state;
        anyhow::ensure!(state == legacy::LegacyState::Merged, "the line came to {state:?}: {:?}", found.why);
        Ok(Came::Answered(Answer {
            status: 200,
            location: found.id.to_string(),
            json: false,
            text: String::new(),
        }))
    }
}

/// The end of a business date, as the database keeps it.
pub fn dated() -> i64 {
    let end = kernel::clock::Zone::default().end_of(DATED);
    end.map_or(FOREVER, Timestamp::as_millis)
}

/// What an answer said that later calls need: the link of an invitation, the id of an application.
pub async fn learn(world: &World, call: &Call, answer: &Answer, oracle: &mut Oracle) -> Result<()> {
    match call {
        Call::Invite { .. } | Call::DeskInvite { .. } => {
            let link = answer.text.split("/join/").nth(1).context("a slip with a link")?;
            let token: String =
                link.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
            let hash = kernel::TokenHash::of(&token);
            let read = world
                .db()
                .read(move |tx| tx.one("SELECT id FROM invitation WHERE token_hash = $1", &[&hash]));
            let id = read.await?;
            let made = oracle.invitations.last_mut().context("an invitation")?;
            (made.id, made.token) = (id, token);
        }
        Call::Apply { .. } | Call::Claim { .. } | Call::AskReplacement { .. } => {
            let id = answer.location.rsplit('/').next().unwrap_or_default().parse()?;
            // The same request that was open already has its id.
            if let Some(made) = oracle.applications.iter_mut().find(|one| one.id.as_i64() == 0) {
                made.id = id;
            }
        }
        Call::Merge { .. } => {
            if let Some(made) = oracle.merged.last_mut() {
                made.line = answer.location.clone();
            }
        }
        _ => {}
    }
    Ok(())
}
