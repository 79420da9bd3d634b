"""取证会话: two officers, one browser, and the record a court asks for (design/casework.md, "Evidence: two records, never confused").

models    what is kept of it in the office's database
officers  执法证: who may sign in
desk      its life: opened, signed into, checked, held, ended or cut off; nothing is ever completed afterwards
line      the console's end of the wire to the process that holds the browser
facts     what the session left, read from it alone
record    the 《电子数据提取笔录》
"""
