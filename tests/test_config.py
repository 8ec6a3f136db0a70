"""The user's settings: what is taken, what is refused and how that is said."""

from pathlib import Path

import pytest

from kvmtui.config import Config, ConfigError, load


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return file


def test_without_a_file_the_defaults_hold() -> None:
    assert load() == Config()


def test_a_file_named_on_the_command_line_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "missing.toml")


def test_settings_replace_the_defaults(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'connect = ["lab"]\ninterval = 5\nmouse = false\n'
        '[hosts]\nlab = "qemu+ssh://root@lab/system"\n[keys]\n"domain.start" = "f2"\n',
    )
    config = load(file)
    assert config.uri(config.connect[0]) == "qemu+ssh://root@lab/system"
    assert config.interval == 5
    assert not config.mouse
    assert config.keys["domain.start"] == ("f2",)
    assert config.keys["domain.reset"] == ("R",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("interval = 0.1", '"interval" must be a number of seconds from 0.5 to 60'),
        ("interval = true", '"interval" must be a number'),
        ('theme = "pink"', '"theme" must be one of'),
        ("connect = 3", '"connect" must be a URI or a list of URIs'),
        ("colour = 1", '"colour" means nothing here; known are'),
        ('confirm = "never"', '"confirm" must be one of: all, destructive'),
        ("read_only = 1", '"read_only" must be true or false'),
        ("hosts = 1", "must hold names for URIs"),
        ("keys = 1", "must hold actions with their keys"),
        ("connect = [", "config.toml"),
        ('[keys]\n"domain.fly" = "f"', 'there is no action "domain.fly"'),
        ('[keys]\n"domain.start" = "not_a_key"', '"not_a_key" is not a key'),
        ('[keys]\n"domain.start" = "hyper+x"', "is not a key"),
        ('[keys]\n"domain.start" = "S"', '"domain.start" and "domain.shut_down" both use the key "S"'),
        ('[keys]\n"domain.start" = "?"', '"domain.start" and "app.help" both use the key "question_mark"'),
        ('[keys]\n"domain.start" = 3', "needs a key or a list of keys"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert str(refused.value).startswith(str(file))
    assert message in str(refused.value)


def test_a_file_that_is_not_text_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError):
        load(file)


def test_an_action_can_lose_its_keys(tmp_path: Path) -> None:
    assert load(written(tmp_path, '[keys]\n"domain.reset" = []')).keys["domain.reset"] == ()
