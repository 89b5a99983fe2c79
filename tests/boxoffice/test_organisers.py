"""`boxoffice organisers`: who sees an organiser's events when signing in."""

from tests.boxoffice.running import Told, boxoffice


async def test_members_come_and_go(migrated_url: str) -> None:
    async def run(*words: str) -> Told:
        return await boxoffice(*words, DATABASE_URL=migrated_url)

    await run("keys", "create", "--organiser", "Lakeside")
    added = await run("organisers", "add-member", "Lakeside", "Ada@Example.org")
    assert (added.code, added.out) == (0, "ada@example.org is a member of Lakeside\n")
    assert (await run("organisers", "add-member", "Lakeside", "ada@example.org")).code == 0, "twice is once"
    assert (await run("organisers", "members", "--json")).json == [
        {"organiser": "Lakeside", "address": "ada@example.org"}
    ]
    assert (await run("organisers", "remove-member", "Lakeside", "ADA@example.org")).code == 0
    for words, code, says in (
        (("remove-member", "Lakeside", "ada@example.org"), 1, "no member"),
        (("add-member", "Nobody", "ada@example.org"), 1, "no organiser is named Nobody"),
        (("add-member", "Lakeside", "ada"), 2, "e-mail"),
    ):
        done = await run("organisers", *words)
        assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
        assert says in done.err
