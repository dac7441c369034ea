pub fn routes() -> web::Routes { web::Routes::new() }
