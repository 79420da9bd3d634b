# make install · make demo · make test · make prove · make bench · make screenshots
.DEFAULT_GOAL := help
PY := .venv/bin/python
STAMP := .venv/.installed
AGAIN ?=

help:
	@echo "make demo         巡查示例网站，打开控制台（再次巡查：make demo AGAIN=1）"
	@echo "make test         安装测试所需，运行全部测试与检查"
	@echo "make install      只安装，留下 .venv/bin/adpatrol"
	@echo "make prove        足量的故障试验；make bench 测速；make screenshots 控制台截图"

.venv/.installed: pyproject.toml constraints.txt
	@echo "正在安装 Python 环境（.venv），首次约需一两分钟…"
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "需要 Python 3.11 以上：请安装后再试" >&2; exit 2; }
	@test -x $(PY) || python3 -c 'import ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; \
	  else echo "缺少 Python 的 venv：请让管理员运行  sudo apt-get install python3-venv" >&2; exit 2; fi; }
	@test -x $(PY) || python3 -m venv .venv
	@$(PY) -m pip install -q --disable-pip-version-check -U 'pip>=23.3'
	@PYTHONWARNINGS=ignore $(PY) -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "正在安装测试所需…"
	@PYTHONWARNINGS=ignore $(PY) -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.PHONY: help install system demo test prove bench screenshots lint
install: $(STAMP)

# Chromium and CJK fonts: by apt when root, else one clear line.
system:
	@if command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi cjk; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "正在安装 Chromium 与中文字体…" && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "缺少 Chromium 或中文字体：请让管理员运行  sudo apt-get install chromium fonts-noto-cjk" >&2; exit 2; fi

demo: system install
	@exec env ADPATROL_HOME=var/demo AGAIN=$(AGAIN) $(PY) -m demo

# Pictures of every page of the console, from a finished `make demo`.
screenshots: system .venv/.installed-dev
	@exec env ADPATROL_HOME=var/demo $(PY) -m demo.screenshots

test: system .venv/.installed-dev lint
	$(PY) -m pytest -m "not prove"

lint: .venv/.installed-dev
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

prove: system .venv/.installed-dev
	$(PY) -m pytest -m "prove or not prove"

bench: .venv/.installed-dev
	@$(PY) -m benchmarks
