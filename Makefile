# make install · make demo · make test · make prove · make bench · make screenshots
.DEFAULT_GOAL := help
PY := .venv/bin/python
STAMP := .venv/.installed
AGAIN ?=
WORKERS ?= 2
# The tests start hundreds of commands: each would compile the whole product anew.
unexport PYTHONDONTWRITEBYTECODE
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

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

.PHONY: help install system system-test demo test prove bench screenshots lint
install: $(STAMP)

# Chromium (its headless shell, else the whole browser), CJK fonts, and pango for papers in PDF: by apt when root, else one clear line.
system:
	@if { command -v chromium-headless-shell || command -v chromium; } >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi cjk && { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q libpangoft2; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "正在安装 Chromium、中文字体与 pango…" && apt-get update -qq && export DEBIAN_FRONTEND=noninteractive && \
	  { apt-get install -y -qq chromium-headless-shell fonts-noto-cjk $(PANGO) >/dev/null 2>&1 || apt-get install -y -qq chromium fonts-noto-cjk $(PANGO) >/dev/null; }; \
	else echo "缺少 Chromium、中文字体或 pango：请让管理员运行  sudo apt-get install chromium-headless-shell fonts-noto-cjk $(PANGO)（没有这个包的系统装 chromium）" >&2; exit 2; fi

# What the tests alone need: Java and the Maven client for a real Elasticsearch node (ADPATROL_TEST_ELASTICSEARCH names one that runs already), poppler to
# read papers in PDF; and the headless shell where only a whole Chromium is there, with which the tests take some minutes longer.
system-test: system
	@if { [ -n "$$ADPATROL_TEST_ELASTICSEARCH" ] || { command -v mvn >/dev/null 2>&1 && command -v java >/dev/null 2>&1; }; } && command -v pdftotext >/dev/null 2>&1 \
	  && { command -v chromium-headless-shell >/dev/null 2>&1 || [ "$$(id -u)" != 0 ]; }; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "正在安装测试所需的 Java、Maven（Elasticsearch）与 poppler…" && apt-get update -qq && export DEBIAN_FRONTEND=noninteractive && \
	  apt-get install -y -qq openjdk-17-jre-headless maven poppler-utils >/dev/null && { apt-get install -y -qq chromium-headless-shell >/dev/null 2>&1 || :; }; \
	else echo "缺少 Java、Maven 或 poppler：请让管理员运行  sudo apt-get install openjdk-17-jre-headless maven poppler-utils" >&2; exit 2; fi

demo: system install
	@exec env ADPATROL_HOME=var/demo AGAIN=$(AGAIN) $(PY) -m demo

# Pictures of every page of the console, from a finished `make demo`.
screenshots: system .venv/.installed-dev
	@exec env ADPATROL_HOME=var/demo $(PY) -m demo.screenshots

test: system-test .venv/.installed-dev lint
	@test -n "$$ADPATROL_TEST_ELASTICSEARCH" || $(PY) tests/elastic_node.py
	@failed=0; $(PY) -m pytest -n $(WORKERS) --dist loadfile -m "not prove and not alone" || failed=1; \
	$(PY) -m pytest -m "alone and not prove" tests/hostile tests/end_to_end || failed=1; exit $$failed

lint: .venv/.installed-dev
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

prove: system-test .venv/.installed-dev
	@test -n "$$ADPATROL_TEST_ELASTICSEARCH" || $(PY) tests/elastic_node.py
	$(PY) -m pytest -m "prove or not prove" --hypothesis-profile=explore

bench: system-test .venv/.installed-dev
	@$(PY) -m benchmarks
