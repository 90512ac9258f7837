"""Signing in, staying signed in, signing out, over real HTTP and SQLite on disk."""

from __future__ import annotations

import asyncio
import stat

from backend_stub.auth.limiter import LoginLimiter
from backend_stub.db.schema import refresh_tokens
from sqlalchemy import select


async def refresh(client, token):
    return await client.http.post(f"{client.api}/v1/auth/refresh", json={"refresh_token": token})


async def test_the_demo_account_signs_in_and_is_known_by_its_access_token(house):
    async with house() as client:
        assert client.grant["token_type"] == "Bearer"
        assert client.grant["expires_in_s"] == 900
        assert client.grant["profile"]["name"] == "Demo"
        assert (await client.get("/v1/home")).status_code == 200


async def test_without_a_token_or_with_a_made_up_one_there_is_no_home(house):
    async with house() as client:
        assert (await client.http.get(f"{client.api}/v1/home")).status_code == 401
        bad = await client.http.get(f"{client.api}/v1/home", headers={"Authorization": "Bearer a.b.c"})
        assert bad.status_code == 401
        assert bad.json()["error"]["code"] == "invalid-token"


async def test_a_token_signed_with_no_algorithm_is_refused(house):
    import jwt

    async with house() as client:
        claims = jwt.decode(client.grant["access_token"], options={"verify_signature": False})
        forged = jwt.encode(claims, key=None, algorithm="none")
        answer = await client.http.get(f"{client.api}/v1/home", headers={"Authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


async def test_an_access_token_ends_and_a_refresh_brings_the_next(house):
    async with house(access_life_s=0.0) as client:
        assert (await client.get("/v1/home")).json()["error"]["code"] == "token-expired"
        renewed = await refresh(client, client.grant["refresh_token"])
        assert renewed.status_code == 200
        assert renewed.json()["refresh_token"] != client.grant["refresh_token"]


async def test_a_reused_refresh_token_ends_the_family_of_its_device_and_no_other(house, sign_in):
    async with house() as client:
        other_device = (await sign_in(client.http, client.backend, device="tablet")).json()
        second = (await refresh(client, client.grant["refresh_token"])).json()
        stolen = await refresh(client, client.grant["refresh_token"])
        assert stolen.status_code == 401
        assert stolen.json()["error"]["code"] == "refresh-token-reused"
        assert (await refresh(client, second["refresh_token"])).status_code == 401
        assert (await refresh(client, other_device["refresh_token"])).status_code == 200


async def test_two_refreshes_at_once_never_both_succeed(house):
    async with house() as client:
        answers = await asyncio.gather(*(refresh(client, client.grant["refresh_token"]) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]


async def test_signing_out_revokes_the_refresh_token_and_twice_is_no_error(house):
    async with house() as client:
        body = {"refresh_token": client.grant["refresh_token"]}
        for _ in range(2):
            assert (await client.http.post(f"{client.api}/v1/auth/logout", json=body)).status_code == 204
        assert (await refresh(client, body["refresh_token"])).status_code == 401


async def test_an_expired_refresh_token_is_refused(house):
    async with house(refresh_life_s=0.0) as client:
        assert (await refresh(client, client.grant["refresh_token"])).status_code == 401


async def test_too_many_wrong_passwords_are_told_how_long_to_wait(house, sign_in):
    async with house() as client:
        answers = [await sign_in(client.http, client.backend, password="wrong") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        # The right password must wait as well, or guessing would go on; another account need not.
        assert (await sign_in(client.http, client.backend)).status_code == 429
        assert (await sign_in(client.http, client.backend, username="someone")).status_code == 401


def test_the_window_of_the_limiter_slides():
    limiter = LoginLimiter(per_account=2, window_s=10)
    assert limiter.admit("demo", "here", 0.0) == 0
    assert limiter.admit("Demo", "here", 4.0) == 0
    assert limiter.admit("demo", "here", 5.0) == 5.0
    assert limiter.admit("demo", "there", 5.0) == 0
    assert limiter.admit("demo", "here", 10.0) == 0


async def test_no_token_and_no_password_lies_readable_in_the_data_folder(house, tmp_path):
    async with house() as client:
        hashes = await client.backend.parts.accounts._database.read(lambda db: db.execute(select(refresh_tokens)).all())
        assert client.grant["refresh_token"] not in [row.token_hash for row in hashes]
        assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    everything = (tmp_path / "evenflow.db").read_bytes()
    assert client.grant["refresh_token"].encode() not in everything
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in everything


async def test_who_is_signed_in_stays_so_over_a_restart(house):
    async with house() as client:
        grant = client.grant
    async with house() as client:
        answer = await client.http.get(
            f"{client.api}/v1/home", headers={"Authorization": f"Bearer {grant['access_token']}"}
        )
        assert answer.status_code == 200
        assert (await refresh(client, grant["refresh_token"])).status_code == 200


async def test_a_request_that_does_not_fit_is_told_where_but_its_secret_is_not_repeated(house):
    async with house() as client:
        answer = await client.http.post(f"{client.api}/v1/auth/login", json={"username": 7, "password": "hunter2"})
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "invalid-request"
        assert "username" in answer.text
        assert "hunter2" not in answer.text


async def test_a_body_beyond_the_bound_is_refused_announced_or_not(house):
    async def trickle(pieces):
        for _ in range(pieces):
            yield b"x" * 4096

    async with house() as client:
        url = f"{client.api}/v1/auth/login"
        assert (await client.http.post(url, content=b"x" * 100_000)).status_code == 413
        for pieces in (17, 40):
            assert (await client.http.post(url, content=trickle(pieces))).status_code == 413
