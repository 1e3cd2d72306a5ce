"""Redaction: what counts as a secret, and every way a secret can be spelled."""

from __future__ import annotations

import base64
import itertools
import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
from fake_jobs import launcher_of
from hypothesis import example, given
from hypothesis import strategies as st

from launchbind import Redactor
from launchbind.redaction import MASK
from launchbind.testing import FakeApp, FakeExecutor, FakeRole

if TYPE_CHECKING:
    from launchbind import Plan
    from launchbind.redaction import Json

SECRET = "hf_0123456789abcdef"

SECRET_NAMES = [
    "token",
    "HF_TOKEN",
    "hfToken",
    "client_secret",
    "SECRET_KEY",
    "password",
    "DB_PASSWD",
    "passphrase",
    "db_pwd",
    "api_key",
    "API-KEY",
    "apikey",
    "WANDB_API_KEY",
    "aws_access_key_id",
    "privateKey",
    "encryption_key",
    "GOOGLE_CREDENTIALS",
    "Authorization",
    "bearer",
    "Cookie",
    "SENTRY_DSN",
    "DB_PASS",
    "OPENAI_KEY",
    "ssh-key",
    "GITHUB_PAT",
    "SESSION_JWT",
    "REGISTRY_AUTH",
    "auth",
    "HF_TOKENS",
    "access_tokens",
    "passcode",
    "SLACK_WEBHOOK",
    "connection_string",
    "AccountKey",
]
PLAIN_NAMES = [
    "max_tokens",
    "TOKENIZERS_PARALLELISM",
    "tokenizer",
    "tokenizer_path",
    "detokenise",
    "nodes",
    "key",
    "monkey",
    "path",
    "dsname",
    "author",
    "auth_type",
    "primary_key",
    "keyboard",
    "sort_key",
    "bypass",
    "tests_passed",
    "MAX_TOKENS",
    "path_pattern",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known(name: str) -> None:
    """Whatever the case and the separators, the usual names are secret, and their values are hidden."""
    redactor = Redactor()
    assert redactor.is_secret(name)
    assert redactor.tree({name: SECRET, "n": 1}) == {name: MASK, "n": 1}
    assert SECRET not in redactor.text(f"{name}={SECRET}")


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_names_that_only_look_alike_are_left_alone(name: str) -> None:
    """Numbers of tokens, tokenizers and the like stay readable."""
    redactor = Redactor()
    assert not redactor.is_secret(name)
    assert redactor.tree({name: "value-of-it"}) == {name: "value-of-it"}
    assert redactor.text(f"{name}=4096 --{name} 'x y'") == f"{name}=4096 --{name} 'x y'"


def test_names_can_be_added() -> None:
    """A name the caller adds is secret in any case and anywhere in a name, taken literally."""
    redactor = Redactor(["license", "a.b"])
    assert redactor.is_secret("MY_LICENSE_FILE")
    assert redactor.is_secret("x.A.B")
    assert not redactor.is_secret("axb")
    assert redactor.text("LICENSE: abc") == f"LICENSE: {MASK}"
    assert redactor.is_secret("token")


def test_a_tree_keeps_its_shape() -> None:
    """Lists and mappings below a secret name are masked leaf by leaf; None, booleans and '' stay."""
    tree: dict[str, object] = {
        "token": ["abc", {"x": 12, "y": None, "z": True}, "", 1.5],
        "plain": [1, "two", None, {"deep": [{"password": "x"}]}],
    }
    assert Redactor().tree(json.loads(json.dumps(tree))) == {
        "token": [MASK, {"x": MASK, "y": None, "z": True}, "", MASK],
        "plain": [1, "two", None, {"deep": [{"password": MASK}]}],
    }


def test_a_learned_value_is_hidden_wherever_it_turns_up() -> None:
    """In text, in other values and in keys, although the name there is harmless."""
    redactor = Redactor()
    redactor.learn({"env": {"HF_TOKEN": SECRET}})
    assert redactor.text(f"run --with {SECRET} now") == f"run --with {MASK} now"
    assert redactor.tree({"args": [f"x{SECRET}"], f"k-{SECRET}": 1}) == {"args": [f"x{MASK}"], f"k-{MASK}": 1}


def test_numbers_are_learned_and_hidden_too() -> None:
    """A secret that is a number is one."""
    redactor = Redactor()
    redactor.learn({"password": 31415926, "secret": False})
    assert redactor.text("pin 31415926, false") == f"pin {MASK}, false"


@pytest.mark.parametrize("value", ["abc", "true", "None", "NULL", ""])
def test_short_and_common_values_are_hidden_under_their_name_only(value: str) -> None:
    """'true' as the value of a token does not blank every 'true'."""
    redactor = Redactor()
    redactor.learn({"token": value})
    assert redactor.text(f"a {value} b") == f"a {value} b"
    assert redactor.text("--token=abc") == f"--token={MASK}"


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    """A secret that another one starts with leaves no tail behind."""
    redactor = Redactor()
    redactor.learn({"token": "abcd", "password": "abcd-efgh"})
    assert redactor.text("abcd-efgh abcd") == f"{MASK} {MASK}"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("export TOKEN=abc", f"export TOKEN={MASK}"),
        ("TOKEN='a b c' run", f"TOKEN={MASK} run"),
        ('TOKEN="a b" run', f"TOKEN={MASK} run"),
        ("--api-key=abc --x=1", f"--api-key={MASK} --x=1"),
        ("password: abc", f"password: {MASK}"),
        ("{'token': 'ab\\'cd', 'x': 1}", f"{{'token': {MASK}, 'x': 1}}"),
        ('{"token": "ab\\"cd", "x": 1}', f'{{"token": {MASK}, "x": 1}}'),
        ('"{\\"token\\": \\"a b\\", \\"x\\": 1}"', f'"{{\\"token\\": {MASK}, \\"x\\": 1}}"'),
        ('-H "Authorization: Bearer abc"', f'-H "Authorization: {MASK}"'),
        ("Authorization: Basic abc==", f"Authorization: {MASK}"),
        ("Config(token='abc', n=1)", f"Config(token={MASK}, n=1)"),
        (f"'TOKEN={MASK}\\nnice echo'", f"'TOKEN={MASK}\\nnice echo'"),
        (f"TOKEN={MASK}-and-more", f"TOKEN={MASK}"),
        ("image_pull_secrets: []", "image_pull_secrets: []"),
        ("SSHPASS=abc", f"SSHPASS={MASK}"),
        ("x://bob:a/b@c@db/1", f"x://bob:{MASK}@db/1"),
        ("https://ghp_0123456789@github.com/x", f"https://{MASK}@github.com/x"),
        ("https://git@github.com/x", "https://git@github.com/x"),
        ("https://x/y?a=1&sig=ab%2Bcd&z=1", f"https://x/y?a=1&sig={MASK}&z=1"),
        ("https://x/y?X-Amz-Signature=abcd", f"https://x/y?X-Amz-Signature={MASK}"),
        ("password: |\n  one\n  two\nnext: 1", f"password: {MASK}\nnext: 1"),
        (shlex.quote("run --cfg={'secret': 'a b'}"), f"'run --cfg={{'\"'\"'secret'\"'\"': {MASK}}}'"),
        ("max_tokens=4096", "max_tokens=4096"),
        ("a token is needed", "a token is needed"),
    ],
)
def test_a_value_next_to_its_name_is_hidden_in_text(text: str, hidden: str) -> None:
    """Shell, YAML, Python, JSON and JSON in JSON: a value that was never learned is hidden by its name."""
    assert Redactor().text(text) == hidden


@pytest.mark.parametrize("user", ["", "me", "x-access"])
def test_the_password_of_a_url_is_hidden(user: str) -> None:
    """Host, path and user stay readable, and so does what only looks like a password."""
    text = f"clone https://{user}:{SECRET}@host.example/repo.git, http://plain/x:y@z"
    assert Redactor().text(text) == text.replace(SECRET, MASK)


def test_a_long_word_is_read_in_one_pass() -> None:
    """A blob of base64 as long as a packed configuration does not keep the redactor busy for hours."""
    blob = "x" * 200_000
    assert Redactor().text(blob) == blob


def test_what_was_hidden_stays_hidden() -> None:
    """Redacting twice changes nothing more."""
    redactor = Redactor()
    redactor.learn({"token": SECRET})
    once = redactor.text(f"TOKEN={SECRET} https://u:p@h {SECRET}")
    assert redactor.text(once) == once


# -- secrets of all shapes -----------------------------------------------------------------------------

#: Long enough, and of letters that no fingerprint, name or format of the plan has next to each other.
SHAPES = st.builds(
    lambda start, odd, end: f"ZQ{start}{odd}{end}QZ",
    st.text("ZQ", max_size=4),
    st.text("'\"\\$`{}[]:,;=&<>#%!*?~|() \n\tü漢/+@-_.0", max_size=6),
    st.text("ZQ09", max_size=4),
)


def spellings(secret: str) -> dict[str, str]:
    """How tools write a value into scripts and files."""
    return {
        "plain": f"say {secret} loud",
        "json": json.dumps({"a": secret}),
        "json, unicode kept": json.dumps({"a": secret}, ensure_ascii=False),
        "python": repr([secret]),
        "python, both quotes": repr(f"'\"{secret}"),
        "json in json": json.dumps({"a": json.dumps([secret])}),
        "json in python": repr([json.dumps({"it's": secret})]),
        "shell in json": json.dumps([f"echo {shlex.quote(secret)}"]),
        "shell": f"echo {shlex.quote(secret)}",
        "shell, inside a command": shlex.quote(f"echo {secret}"),
        "kubernetes secret": base64.b64encode(secret.encode()).decode(),
        "yaml block": "\n".join(f"    {line}" for line in secret.splitlines()),
    }


@given(SHAPES)
@example("ZQ'QZ")
@example("ZQ'\"QZ")
@example("ZQ\\QZ")
@example("ZQQZQZ\n ZQZQ")
def test_a_learned_secret_is_hidden_in_every_spelling(secret: str) -> None:
    """Nothing that still holds the secret's start comes out of any of the usual quotings."""
    redactor = Redactor()
    redactor.learn({"token": secret})
    for spelling, text in spellings(secret).items():
        if spelling == "yaml block" and min(map(len, secret.splitlines())) < 4:
            continue  # a line as short as that is no secret of its own
        assert "ZQ" not in redactor.text(text), spelling


def plan_with(secret: str, where: str) -> Plan[FakeApp, object]:
    """A plan that holds the secret under a secret name in one place, and also in harmless places."""
    env = {"executor env": ({"HF_TOKEN": secret}, {}), "role env": ({}, {"HF_TOKEN": secret})}
    executor_env, role_env = env[where]
    args = ["-c", f"login {secret}", json.dumps({"nested": secret}), shlex.quote(secret)]
    role = FakeRole("main", "bash", args, {**role_env, "HARMLESS": f"x{secret}x", f"K{secret}": "1"})
    return launcher_of().plan(FakeApp(f"job {secret}", [role]), FakeExecutor(executor_env))


@given(SHAPES, st.sampled_from(["executor env", "role env"]))
@example("ZQ'\"QZ", "role env")
def test_a_secret_never_shows_in_a_plan(secret: str, where: str) -> None:
    """str, repr, format, render, JSON and diff hide it in commands, values, keys and the app's name alike."""
    plan = plan_with(secret, where)
    other = plan_with("another-secret", where)
    shown = [str(plan), repr(plan), f"{plan}", plan.render(), plan.to_json()]
    shown += [plan.diff(other), other.diff(plan)]
    for text in shown:
        assert "ZQ" not in text
    assert "another-secret" not in plan.diff(other)
    assert secret in json.loads(plan.to_json(redact=False))["request"]["commands"][0][2]
    assert repr(f"login {secret}") in plan.render(redact=False)


@given(SHAPES)
def test_hiding_leaves_the_json_of_a_plan_readable(secret: str) -> None:
    """What is redacted is still JSON, of the same shape."""
    plan = plan_with(secret, "role env")
    hidden, clear = json.loads(plan.to_json()), json.loads(plan.to_json(redact=False))
    assert hidden["fingerprint"] == clear["fingerprint"] == plan.fingerprint
    assert [len(command) for command in hidden["request"]["commands"]] == [5]
    assert len(hidden["request"]["env"]) == len(clear["request"]["env"])


@pytest.mark.parametrize("flag", ["--api-key", "--hf-token", "-password"])
def test_a_secret_that_follows_a_flag_is_hidden(flag: str) -> None:
    """The word after a secret-looking flag is hidden in text, and where a list of words was learned."""
    redactor = Redactor()
    assert redactor.text(f"train {flag} s3cr3t-value --epochs 3") == f"train {flag} {MASK} --epochs 3"
    redactor.learn(["train", flag, "s3cr3t-value", "--epochs", "3"])
    assert redactor.text("echo s3cr3t-value --epochs 3") == f"echo {MASK} --epochs 3"


def test_a_flag_with_its_value_does_not_hide_the_next_word() -> None:
    """--token=x is one word, so what follows it is no secret."""
    redactor = Redactor()
    redactor.learn(["train", "--token=abcdef", "harmless"])
    assert redactor.text("harmless") == "harmless"


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize(
    ("tree", "masked"),
    [
        ([{"name": "HF_TOKEN", "value": "abc"}], [{"name": "HF_TOKEN", "value": MASK}]),
        (["--api-key", "abc"], ["--api-key", MASK]),
        (
            {"pods": [[{"env": [{"name": "HF_TOKEN", "value": "abc"}, {"name": "MODE", "value": "abc"}]}]]},
            {"pods": [[{"env": [{"name": "HF_TOKEN", "value": MASK}, {"name": "MODE", "value": "abc"}]}]]},
        ),
        (
            {"value": ["abc", {"x": 12}], "optional": "yes", "<type>": "k8s:EnvVar", "name": "DB_PASS"},
            {"value": [MASK, {"x": MASK}], "optional": "yes", "<type>": "k8s:EnvVar", "name": "DB_PASS"},
        ),
        ({"name": 7, "value": "abc"}, {"name": 7, "value": "abc"}),
        (["run", "-password", "abc", "--epochs", "3"], ["run", "-password", MASK, "--epochs", "3"]),
        (["--api-key", ["a", {"b": 1}], "c"], ["--api-key", [MASK, {"b": MASK}], "c"]),
        (["--api-key=abc", "def"], [f"--api-key={MASK}", "def"]),
        (["api-key", "abc"], ["api-key", "abc"]),
        (["mkdir", "-p", "abc"], ["mkdir", "-p", "abc"]),
        (["--api-key"], ["--api-key"]),
    ],
)
def test_a_tree_hides_what_is_learned_from_it(tree: Json, masked: Json, learned: bool) -> None:
    """Variables by name and value, and words after a flag, are masked before and after they are learned.

    A flag of one letter, such as ``-p``, names no secret: it may be a port, a partition or a folder.
    """
    redactor = Redactor()
    if learned:
        redactor.learn(tree)
    assert redactor.tree(tree) == masked


#: Each WORD becomes a word that is nowhere else.
TEXTS = ["WORD", "TOKEN=WORD", "--api-key WORD", "run --hf-token 'WORD' now", "x://bob:WORD@db"]
TEXTS += ["https://WORD@host", "password: WORD", "/?sig=WORD", '{"secret": "WORD"}', "secret of WORD"]
NAMES = ["HF_TOKEN", "password", "--api-key", "-secret", "MODE", "--epochs", "-p", "name", "value", "x"]
PLAIN: st.SearchStrategy[Json] = st.sampled_from([*TEXTS, *NAMES, None, True, 1234567890, 1234.5678])
VARIABLES: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES), "value": PLAIN}, optional={"extra": PLAIN, "token": PLAIN}
)
TREES: st.SearchStrategy[Json] = st.recursive(
    PLAIN | VARIABLES,
    lambda parts: st.lists(parts, max_size=5) | st.dictionaries(st.sampled_from(NAMES), parts, max_size=4),
    max_leaves=20,
)


@given(TREES)
@example([{"name": "HF_TOKEN", "value": "WORD"}])
@example(["--api-key", "WORD"])
@example(["run --hf-token 'WORD' now"])
@example([{"token": 1234567890}, 1234567890])
def test_no_secret_that_would_be_learned_is_left_in_a_tree(tree: Json) -> None:
    """Not before it is learned, and not afterwards, in whatever place it stands."""
    numbers = itertools.count()
    words = re.sub("WORD", lambda _: f"ZQ{next(numbers):08}ZQ", json.dumps(tree))
    redactor, tree = Redactor(), json.loads(words)
    secrets = [secret for secret in redactor.secrets(tree) if secret not in NAMES]
    before = json.dumps(redactor.tree(tree))
    redactor.learn(tree)
    after = json.dumps(redactor.tree(tree))
    assert [secret for secret in secrets if secret in after] == []
    # Each word stands in one place only; a number may also stand in a harmless one, not known before.
    assert [secret for secret in secrets if "ZQ" in secret and secret in before] == []


def test_a_redactor_can_be_told_what_another_has_learned() -> None:
    """It forgets nothing of its own."""
    one, other = Redactor(), Redactor()
    one.learn({"token": "first-secret"})
    other.learn({"token": "second-secret"})
    one.update(other)
    assert one.text("first-secret second-secret") == f"{MASK} {MASK}"
    assert other.text("first-secret") == "first-secret"


def test_a_kubernetes_variable_is_hidden() -> None:
    """The value beside a secret-looking name, as Kubernetes writes variables, is hidden everywhere."""
    redactor = Redactor()
    redactor.learn([{"name": "HF_TOKEN", "value": "hf_s3cr3t"}, {"name": "MODE", "value": "fast-mode"}])
    assert redactor.text("hf_s3cr3t fast-mode") == f"{MASK} fast-mode"


@pytest.mark.parametrize("name", ["PWD", "OLDPWD"])
def test_the_working_directory_is_no_secret(name: str) -> None:
    """PWD is where a shell stands, unlike db_pwd."""
    assert not Redactor().is_secret(name)
    assert Redactor().is_secret("db_pwd")


@pytest.mark.parametrize("secret", ["Z'Q0", 'Z"Q0', "\"'ZQ\\\\0", "\u00fc'\"Z\nQ", "'ZQ0'"])
def test_not_a_letter_of_a_spelling_is_left(secret: str) -> None:
    """What surrounds the secret stays, quotes and all, and nothing of the secret does."""
    redactor = Redactor()
    redactor.learn({"token": secret})
    assert redactor.text(json.dumps({"a": secret})) == json.dumps({"a": MASK})
    assert redactor.text(json.dumps({"a": secret}, ensure_ascii=False)) == json.dumps({"a": MASK})
    assert redactor.text(repr(["-", secret]))[6:-1].strip("'\"") == MASK
    assert redactor.text(f"echo {shlex.quote(secret)}").replace("'", "") == f"echo {MASK}"
    quoted = secret.replace("'", "''")
    if "\n" not in secret:
        assert redactor.text(f"it: 'a {quoted} b'") == f"it: 'a {MASK} b'"


def test_a_flag_is_known_in_capitals_too() -> None:
    """As names of secrets are everywhere."""
    assert Redactor().text("train --HF-TOKEN s3cr3t-value") == f"train --HF-TOKEN {MASK}"


@pytest.mark.parametrize("before", ["", "u", "u:", "us:", "user:"])
def test_base64_of_a_text_around_a_secret_shows_nothing_of_it(before: str) -> None:
    """Wherever in the encoded text the secret begins, what encodes it alone is hidden."""
    redactor = Redactor()
    redactor.learn({"token": SECRET})
    shown = redactor.text(base64.b64encode(f"{before}{SECRET}:after".encode()).decode())
    head, tail = shown.split(MASK)
    assert len(head) <= len(before) * 8 // 6 + 2
    assert len(tail) <= len(":after") * 8 // 6 + 4


@pytest.mark.parametrize(
    "text",
    [
        f"x://bob:{SECRET}@db",
        f"https://{SECRET}@github.com",
        f"Authorization: Bearer {SECRET}",
        f"--api-key {SECRET}",
        f"run --cfg=\"{{'secret': '{SECRET}'}}\"",
    ],
)
def test_what_stands_in_a_text_is_learned(text: str) -> None:
    """A secret in a URL or next to its name is hidden in other places and forms, too: alone, or encoded."""
    redactor = Redactor()
    redactor.learn({"args": [text]})
    encoded = base64.b64encode(text.encode()).decode()
    for shown in (SECRET, encoded):
        assert MASK in redactor.text(shown)
    assert SECRET not in redactor.text(f"'Authorization: Bearer '\n  '{SECRET}'")


def test_the_words_of_a_secret_are_hidden() -> None:
    """A pretty-printer breaks a long text between words, so each is hidden by itself."""
    redactor = Redactor()
    redactor.learn({"passphrase": "correct-horse battery-staple of it"})
    assert redactor.text("('correct-horse '\n 'battery-staple of it')") == f"('{MASK} '\n '{MASK} of it')"


@pytest.mark.parametrize(
    ("learned", "word"),
    [
        ("TOKEN=abcd1234", "abcd1234"),
        ("token: abcd1234", "abcd1234"),
        ("TOKEN='abcd1234'", "abcd1234"),
        ("--token abcd1234", "abcd1234"),
        ("train --token abcd1234", "abcd1234"),
        ({"--token abcd1234": 1}, "abcd1234"),
        ({"token": 1234.5678}, "1234.5678"),
        ("https://user:abcd1234@host", "abcd1234"),
        ({"token": "abcd1234 efgh5678"}, "efgh5678"),
    ],
)
def test_a_word_that_is_learned_from_a_text_is_hidden_elsewhere(learned: Json, word: str) -> None:
    """A word of eight letters or more, next to its name or in a URL, is a secret where it stands alone."""
    redactor = Redactor()
    redactor.learn(learned)
    assert redactor.text(f"at {word} there") == f"at {MASK} there"


@pytest.mark.parametrize("learned", ["token: 12345678", "TOKEN=short1", "Authorization: Bearer short1"])
def test_numbers_and_short_words_are_not_learned_from_a_text(learned: str) -> None:
    """They are hidden next to their name, and are too common to be hidden elsewhere."""
    redactor = Redactor()
    redactor.learn(learned)
    assert redactor.text(learned) != learned
    assert redactor.text("at 12345678 or short1") == "at 12345678 or short1"
