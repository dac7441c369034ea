//! `verifier --listen 127.0.0.1:8090 --key fujie --secret-file FILE [--seed 1] [--people 200] [--fault hang] [--list 3]`
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    verifier::program::run(std::env::args().skip(1)).await
}
