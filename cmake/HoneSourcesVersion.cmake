# cmake -DOUT=file.h -DROOT=folder -DSOURCES=a.cpp;b.h -P: writes a hash of these files of the folder as a text constant.
set(all "")
foreach(source ${SOURCES})
  file(SHA256 ${ROOT}/${source} hash)
  string(APPEND all "${source} ${hash}\n")
endforeach()
string(SHA256 version "${all}")
string(SUBSTRING ${version} 0 16 version)
file(WRITE ${OUT} "#pragma once\n\n#define HONE_SOURCES_VERSION \"${version}\"\n")
