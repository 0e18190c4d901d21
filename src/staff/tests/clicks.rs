//! Two clicks at once, where the first has done it.

use super::*;

#[tokio::test]
async fn a_second_click_on_turning_the_second_factor_on_finds_it_done_and_tells_the_ledger_nothing() {
    let (practice, welcome, _) = entered().await;
    // Both clicks have passed the gate before either is written.
    let session = found(&practice.db, &welcome.cookie, NOW).await.expect("a session");
    let code = session.enrolling.as_ref().expect("a seed").code(NOW).expect("a code");
    for click in [NOW, NOW + 1] {
        let mut write = practice.db.begin().await.expect("begins");
        let who = by(welcome.staff_id);
        let on = own_account::confirm_second_factor(&mut write, &session, &code, who, click).await;
        assert!(on.expect("confirms"));
        write.commit().await.expect("commits");
    }
    assert_eq!(events(&practice.db).await, ["set-up done", "sign-in done", "second factor on done"]);
    let since: i64 = sqlx::query_scalar("SELECT second_factor_since FROM staff")
        .fetch_one(&mut *practice.db.read().await.expect("reads"))
        .await
        .expect("an account");
    assert_eq!(since, NOW, "the first click turned it on");
}
