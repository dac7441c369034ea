//! `register --listen 127.0.0.1:8091 --key fujie --secret-file FILE --records FILE [--fault hang]`
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    register::program::run(std::env::args().skip(1)).await
}
