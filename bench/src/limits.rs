//! What the machine could do at best in the same run: the bare hash, the bare signature, the bare handler.
use anyhow::{Context, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use std::time::Instant;
use testkit::process::cpu_seconds;

/// Operations per processor second of this process, single-threaded.
fn rate(seconds: f64, mut once: impl FnMut() -> Result<()>) -> Result<f64> {
    let pid = std::process::id();
    once()?;
    let (begun, before, mut done) = (Instant::now(), cpu_seconds(pid)?, 0_u32);
    while begun.elapsed().as_secs_f64() < seconds {
        once()?;
        done += 1;
    }
    Ok(f64::from(done) / (cpu_seconds(pid)? - before))
}

/// Argon2id as a stored hash says (`$argon2id$v=19$m=19456,t=2,p=1$…`), in memory that is used again.
pub fn argon2(stored: &str, seconds: f64) -> Result<(String, f64)> {
    let text = stored.split('$').nth(3).context("not a PHC string")?;
    let number = |key: &str| -> Result<u32> {
        let value = text.split(',').find_map(|p| p.strip_prefix(key));
        Ok(value.with_context(|| format!("no {key} in {text}"))?.parse()?)
    };
    let (memory, passes, lanes) = (number("m=")?, number("t=")?, number("p=")?);
    let fail = |error: argon2::Error| anyhow::anyhow!("argon2: {error}");
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(fail)?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut blocks = vec![Block::default(); params.block_count()];
    let mut out = [0_u8; 32];
    let rate = rate(seconds, || {
        hasher
            .hash_password_into_with_memory(
                b"correct horse battery",
                b"0123456789abcdef",
                &mut out,
                &mut blocks,
            )
            .map_err(fail)
    })?;
    Ok((text.to_owned(), rate))
}

/// ES256 signatures of something as long as an ID token.
pub fn es256(seconds: f64) -> Result<f64> {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?;
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref())
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let message = [7_u8; 700];
    rate(seconds, || {
        key.sign(&random, &message)?;
        Ok(())
    })
}

/// Serves the smallest handler; runs as a process of its own, so that its time can be told from the driver's.
pub async fn serve_bare() -> Result<()> {
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "hello" }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, router).await?;
    Ok(())
}
